"""What must stand in no log of any process: secrets, card numbers, and what people told us in confidence.

    hits = scan(directory, needles(directory))      # every *.log* below it: services, PostgreSQL, Redis, mail sink, sandbox, whatever a test started

Two kinds of search. Shapes (SHAPES, card_numbers): what is a secret by its form, whoever made it. Needles: the very values of this run, gathered from what
the run left: the secrets of every stack (secrets.json, auth-key.pem), the members SECRET and PERSONAL of the recorded traffic (traffic.jsonl), keys to
set a password, tokens of links (to pay, to unsubscribe) in its targets, webhook signatures in its headers, the bodies of all mails (*.eml), and what tests planted (fixture `plant`, files named
`needles`). A new operation joins by its traffic being recorded. tests/security/test_leaks.py shows that all of it is found where it is."""

import base64
import email
import email.policy
import json
import os
import re
import subprocess
import tempfile

SECRET = {"password", "access_token", "refresh_token", "client_secret"}   # whatever came of the request
PERSONAL = {"tax_id", "email", "phone"}                                  # of requests that were taken: real people's
KEY_TAKEN = "/v1/auth/staff-password"   # whose member `key` is a secret, too
LENGTH_MIN, LETTERS_MIN = 8, 5          # shorter, or of fewer different characters, is found everywhere by chance
MAIL_LINE_MIN = 30
SHOWN = 160

SHAPES = {
    "a token": rb"eyJ[\w-]{6,}\.eyJ[\w-]{6,}",
    "an Authorization header": rb"(?i)\b(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?\w+ \S{8,}",
    "a bearer token": rb"(?i)\bbearer +[\w.~+/-]{16,}",
    "a private key": rb"-----BEGIN [A-Z ]*PRIVATE KEY",
    "an identity": rb"v1;(?:none|customer|staff|service);[^;\s]*;\d{9,};[^;\s]*;[^;]*;[\w-]{20,}",
    "a webhook signature": rb"\bts?=\d{9,},\s*v\d=[0-9a-fA-F]{32,}",
    "a provider's key": rb"\b(?:sk|rk)_(?:test|live)_[\w-]{8,}|\bwhsec_[\w-]{8,}|\bapp_usr-[\w-]{8,}",
    "a password hash": rb"\$argon2(?:id|i|d)\$|SCRAM-SHA-256\$",
    "a URL with a password": rb"\b[a-z][a-z0-9+.-]*://[^\s:/@\"']*:[^\s@/\"']+@",
    "a payment link": rb"/payment-links/[\w-]{20,}\.[\w-]{20,}",
    "an unsubscribe link": rb"/unsubscribe/[\w-]{20,}\.[\w-]{20,}",
    "a query string": rb'"path":"[^"]*\?',
}
_SHAPE = re.compile(b"|".join(b"(?P<_%d>%s)" % (number, shape.replace(b"(?i)", b"")) for number, shape in enumerate(SHAPES.values())), re.I)

# What a line must have to be worth looking at closer; grep finds those lines.
_CANDIDATE = (r"eyJ|authorization|bearer |private key|v[0-9];|,[ ]*v[0-9]=|[sr]k_(test|live)_|whsec_|app_usr-|\$argon2|scram-sha|://|/payment-links/[^.]|/unsubscribe/[^.]|\"path\":\"[^\"]*\?"
              r"|[0-9]{13}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}|[0-9]{4}[ -][0-9]{6}[ -]")

# A number of 13 to 19 digits, in one piece or in the groups cards are written in; no part of a longer word, number, UUID or time.
_DIGITS = re.compile(rb"(?<![\w.+-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![\w-]|\.\d)")


def _issuer(digits):
    """Whether a card network numbers its cards so (ISO/IEC 7812 issuer ranges and lengths)."""
    size, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    return (digits[0] == "4" and size in (13, 16, 18, 19) or (51 <= two <= 55 or 2221 <= four <= 2720) and size == 16 or two in (34, 37) and size == 15
            or (300 <= three <= 305 or three == 309 or two in (36, 38, 39)) and 14 <= size <= 19 or 3528 <= four <= 3589 and 16 <= size <= 19
            or (four == 6011 or 644 <= three <= 649 or two == 65 or two in (62, 81)) and 16 <= size <= 19 or two in (50, 56, 57, 58, 60, 61, 63, 64, 66, 67, 68, 69) and 13 <= size <= 19)


def _luhn(digits):
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def card_numbers(text):
    """Matches of what may be a card number."""
    for found in _DIGITS.finditer(text):
        digits = re.sub(rb"\D", b"", found[0]).decode()
        if 13 <= len(digits) <= 19 and len(set(digits)) > 1 and _issuer(digits) and _luhn(digits):
            yield found


# ---- needles

def _members(value, names):
    if isinstance(value, dict):
        for name, member in value.items():
            if name in names and isinstance(member, str):
                yield member
            else:
                yield from _members(member, names)
    elif isinstance(value, list):
        for member in value:
            yield from _members(member, names)


def _document(recorded):
    text = recorded.get("text") or ""
    try:
        return json.loads(text) if any(name in text for name in SECRET | PERSONAL) else None
    except (ValueError, RecursionError):   # what was sent to be refused
        return None


def traffic_needles(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            exchange = json.loads(line)
            names = SECRET | PERSONAL if exchange["status"] < 300 else SECRET
            for document in (_document(exchange["request"]), _document(exchange["response"])):
                yield from _members(document, names | {"key"} if exchange["target"].startswith(KEY_TAKEN) else names)
            yield from re.findall(r"/(?:payment-links|unsubscribe)/([\w-]{20,}\.[\w-]{20,})", exchange["target"])
            for header in ("stripe-signature", "x-signature"):
                yield from re.findall(r"v1=([0-9a-f]{64})", exchange["request_headers"].get(header, ""))


def mail_needles(path):
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    for line in (body.get_content() if body else "").splitlines():
        if len(line) >= MAIL_LINE_MIN:
            yield line.strip()


def secrets_needles(path):
    """Not the names beside them: `staff` and the like."""
    with open(path, encoding="utf-8") as file:
        for value in json.load(file).values():
            yield from (value, base64.b64encode(value.encode()).decode().rstrip("="))


def lines(path):
    with open(path, encoding="utf-8") as file:
        yield from (line.rstrip("\n") for line in file)


def key_needles(path):
    """The base64 of its PEM, line by line."""
    return (line for line in lines(path) if not line.startswith("-"))


_SOURCES = {"traffic.jsonl": traffic_needles, "secrets.json": secrets_needles, "auth-key.pem": key_needles, "needles": lines}


def needles(directory):
    """{needle: the file it was found in}"""
    found = {}
    for where, _, names in os.walk(directory):
        for name in names:
            source = mail_needles if name.endswith(".eml") else _SOURCES.get(name)
            for needle in source(os.path.join(where, name)) if source else ():
                for form in {needle, re.sub(r"\D", "", needle) if re.fullmatch(r"[A-Z]{0,4}[ \d.+-]+", needle) else needle}:
                    if len(form) >= LENGTH_MIN and len(set(form)) >= LETTERS_MIN and form.isprintable():
                        found.setdefault(form, os.path.relpath(os.path.join(where, name), directory))
    return found


# ---- the scan

def log_files(directory):
    for where, _, names in os.walk(directory):
        yield from (os.path.join(where, name) for name in names if re.search(r"\.log(\.|$)", name))


def _grep(paths, *options):
    """(path, line number, what grep shows of it)"""
    for start in range(0, len(paths), 200):
        said = subprocess.run(["grep", "-a", "-H", "-n", "-Z", *options, "--", *paths[start:start + 200]], capture_output=True,
                              env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, check=False)
        if said.returncode > 1:
            raise OSError(said.stderr.decode(errors="replace"))
        for line in said.stdout.split(b"\n")[:-1]:
            path, _, rest = line.partition(b"\0")
            number, _, shown = rest.partition(b":")
            yield path.decode(), int(number), shown


def _shape_hits(paths):
    """(path, line number, what it is, the text)"""
    names = list(SHAPES)
    for path, number, line in _grep(paths, "-i", "-E", "-e", _CANDIDATE):
        for match in _SHAPE.finditer(line):
            yield path, number, names[int(match.lastgroup[1:])], match[0].decode(errors="replace")
        for match in card_numbers(line):
            yield path, number, "a card number", match[0].decode(errors="replace")


def _needle_hits(paths, wanted):
    """As _shape_hits; grep looks for all needles at once."""
    # Also as JSON writes what is not ASCII, and quotes.
    forms = {form: needle for needle in wanted for form in (needle, json.dumps(needle)[1:-1], json.dumps(needle, ensure_ascii=False)[1:-1])}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write("\n".join(forms) + "\n")
        file.flush()
        for path, number, form in _grep(paths, "-o", "-F", "-f", file.name):
            form = form.decode(errors="replace")
            yield path, number, f"a value of {wanted.get(forms.get(form), 'this run')}", form


def scan(directory, wanted=None):
    """(hits, files, bytes): each hit a text that says where and what, without saying a long secret again in full."""
    paths = sorted(log_files(directory))
    wanted = needles(directory) if wanted is None else wanted
    found = [*_shape_hits(paths), *(_needle_hits(paths, wanted) if wanted else ())] if paths else []
    return [_hit(directory, *each) for each in found], len(paths), sum(map(os.path.getsize, paths))


def _hit(directory, path, number, what, text):
    shown = text[:12] + "..." + f"({len(text)} characters)" if len(text) > 24 else text
    return f"{os.path.relpath(path, directory)}:{number}: {what}: {shown[:SHOWN]}"
