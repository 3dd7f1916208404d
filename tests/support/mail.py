"""What the mail sink received."""

import email
import email.policy
import glob
import os
import re


class Mail:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.message = email.message_from_binary_file(file, policy=email.policy.default)
        self.subject = str(self.message["Subject"])
        self.to = str(self.message["X-Envelope-To"])

    def _part(self, kind):
        body = self.message.get_body(preferencelist=(kind,))
        return body.get_content() if body else ""

    @property
    def text(self):
        return self._part("plain") or self._part("html")

    @property
    def html(self):
        return self._part("html")

    def __repr__(self):
        return f"<mail to {self.to}: {self.subject!r}>"


def mails_to(directory, address):
    """Mails delivered to that address, oldest first."""
    return [Mail(path) for path in sorted(glob.glob(os.path.join(glob.escape(directory), f"*-{glob.escape(address)}.eml")))]


def staff_key(mail):
    """The key of a mail to somebody of the staff, to set a password with."""
    return re.search(r"^([\w-]+\.[\w-]+)$", mail.text, re.M)[1]
