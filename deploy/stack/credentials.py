"""Passwords and keys of one stack: made once, at random, kept in $CUOTAS_DIR/secrets.json (0600)."""

import json
import os
import secrets

from .process import run_quietly

MADE_AT_RANDOM = ("postgres", "identity", "staff", "sandbox", "webhook", "mercadopago", "mercadopago_webhook", "customer")


class Credentials:
    def __init__(self, directory, services):
        self._path = os.path.join(directory, "secrets.json")
        self._values = self._read()
        wanted = [*MADE_AT_RANDOM, *(f"{service}_{kind}" for service in services for kind in ("owner", "app"))]
        absent = [name for name in wanted if name not in self._values]
        if absent:
            self._values.update({name: secrets.token_urlsafe(32) for name in absent})
            self._write()
        self.key_file = os.path.join(directory, "auth-key.pem")
        if not os.path.exists(self.key_file):
            self._make_key()

    def __getitem__(self, name):
        return self._values[name]

    def _read(self):
        try:
            with open(self._path) as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def _write(self):
        self._replace(self._path, json.dumps(self._values, indent=2) + "\n")

    def _make_key(self):
        """The key access tokens are signed with (ES256)."""
        self._replace(self.key_file, run_quietly(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]))

    @staticmethod
    def _replace(path, text):
        with os.fdopen(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".new", path)
