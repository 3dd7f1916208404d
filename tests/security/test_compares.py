"""Secrets are compared in constant time. Read from the sources, so it says what is written and no more: that no compare that stops at the first
difference is given something that is secret by its name or by where it comes from, and that every place that judges a secret calls
bytes_equal_secret (or has the library do it). It cannot see a secret that goes by an innocent name: such a place belongs into JUDGES when it is written,
and a new function that computes a MAC, a digest or a signature and is not listed below fails here, so that somebody looks."""

import os
import re

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Compares that stop early.
EARLY = ("memcmp", "bcmp", "strcmp", "strncmp", "strcasecmp", "strncasecmp", "strstr", "memmem", "slice_equals", "slice_equals_text", "slice_equals_nocase",
         "slice_starts_with", "slice_compare")
SECRET_NAME = re.compile(r"(?<![a-z])(secret|passw|hash|digest|hmac|mac|mark|signature|sig|token|credential|apikey|api_key|nonce|otp|pin)(?![a-z])|secret|passw", re.I)

# (file, the call's text): what only sounds secret, and why it may stop early.
HARMLESS = {
    ("services/billing/ledger_chain.c", "memcmp(hash, p->hash, SHA256_BYTES)"): "the ledger's hashes are there for everybody to recompute",
    ("services/billing/ledger_chain.c", "memcmp(hash, lane->hash, SHA256_BYTES)"): "the same",
    ("libcommon/service/config.c", "strcmp(secrets[i].name, name)"): "the name of a setting",
    ("services/sandbox/mercadopago_objects.c", "slice_equals_text(token, cards[i].token)"): "the names of the sandbox's test cards, which its README lists",
    ("services/sandbox/cards.c", "slice_equals_text(token, cards[i].token)"): "the same",
}

# Where something that must not be guessed is judged: the function, and what it must call.
JUDGES = {
    "libcommon/service/identity.c": {"identity_read": "is_signed", "is_signed": "bytes_equal_secret", "link_token_open": "bytes_equal_secret"},
    "libcommon/service/identity_lines.c": {"identity_lines_find": "bytes_equal_secret"},
    "libcommon/service/idempotency.c": {"idempotency_replay": "bytes_equal_secret"},
    "libcommon/wire/signature.c": {"header_matches": "bytes_equal_secret", "any_secret_matches": "header_matches", "stripe_signature_verify": "any_secret_matches",
                                    "mercadopago_signature_verify": "any_secret_matches"},
    "libcommon/wire/sha256.c": {"bytes_equal_secret": "CRYPTO_memcmp"},
    "libcommon/wire/jwt_key.c": {"jwt_key_verify": "EVP_DigestVerify"},
    "services/gateway/tokens.c": {"cache_slot": "bytes_equal_secret"},
    "services/crm/password.c": {"verify_on_thread": "argon2id_verify"},
    "services/sandbox/stripe_reply.c": {"key_matches": "bytes_equal_secret"},
}

# Every call of these, by file: who makes something of a secret or of what is to be kept apart. A new one is looked at, and listed.
MAKERS = ("hmac_sha256", "EVP_DigestSign", "EVP_DigestVerify", "argon2id_verify", "HMAC", "link_token_open", "identity_read", "jwt_verify", "CRYPTO_memcmp", "crypt", "EVP_MAC_final")
KNOWN_MAKERS = {
    "libcommon/service/identity.c": {"hmac_sha256"}, "libcommon/wire/signature.c": {"hmac_sha256"}, "libcommon/wire/sha256.c": {"CRYPTO_memcmp", "EVP_MAC_final"},
    "libcommon/wire/jwt_key.c": {"EVP_DigestSign", "EVP_DigestVerify"}, "libcommon/service/dispatch.c": {"identity_read"}, "services/billing/payment_link.c": {"link_token_open"},
    "services/orders/guest_cart.c": {"link_token_open"}, "services/crm/set_staff_password.c": {"link_token_open"}, "services/crm/subscription.c": {"link_token_open"},
    "services/crm/password.c": {"argon2id_verify"}, "services/gateway/tokens.c": {"jwt_verify"},
}


def sources():
    for top in ("libcommon", "services"):
        for directory, _, names in os.walk(os.path.join(ROOT, top)):
            yield from (os.path.relpath(os.path.join(directory, name), ROOT) for name in sorted(names) if name.endswith((".c", ".h")))


def stripped(text):
    """Without comments and the insides of strings."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                  lambda found: '""' if found[0][0] == '"' else " ' '"[1:] if found[0][0] == "'" else re.sub(r"[^\n]", " ", found[0]), text, flags=re.S)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return stripped(file.read())


def calls(text, names):
    """(name, the call as it is written) of each call of these functions; not their definitions."""
    for found in re.finditer(r"(?<![\w.>])(%s)\(" % "|".join(map(re.escape, names)), text):
        depth, at = 1, found.end()
        while depth and at < len(text):
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        before = text[:found.start()].rsplit("\n", 1)[-1]
        if not re.fullmatch(r"(?!\s|return\b|else\b)[\w *]*[\w*][ *]+", before):   # "static bool name(": its definition
            yield found[1], re.sub(r"\s+", " ", text[found.start():at])


def early_compares(path, text):
    return [call for _, call in calls(text, EARLY) if SECRET_NAME.search(call.split("(", 1)[1]) and (path, call) not in HARMLESS]


def body_of(text, function):
    found = re.search(r"\n[^\n;]*\b%s\([^;{]*\)\s*\n?\{" % function, text)
    assert found, f"there is no function {function}"
    return text[found.end():text.index("\n}", found.end())]


def test_no_secret_is_compared_early():
    assert [f"{path}: {call}" for path in sources() for call in early_compares(path, read(path))] == []


@pytest.mark.parametrize("line, found", [
    ("if (memcmp(mac, given, 32) == 0)", True), ("if (strcmp(password, in) == 0)", True), ("return slice_equals(ours_signature, theirs);", True),
    ("if (slice_equals(row_text(row, \"x\"), in->token))", True), ("x = !strncmp(key->secret, s, n);", True), ("if (slice_equals(who->api_key, key))", True),
    ("if (slice_equals(name, other)) /* the secret */", False), ('if (slice_equals_text(kind, "token"))', False), ("if (bytes_equal_secret(mac, given))", False),
    ("bool slice_equals(struct slice mac, struct slice b)", False), ("if (memcmp(machine, marked, 3))", False),
])
def test_the_check_sees(line, found):
    assert bool(early_compares("x.c", stripped(f"static void f(void)\n{{\n    {line}\n}}\n" if "bool " not in line else line + "\n{\n}\n"))) == found


def test_what_is_harmless_is_still_there():
    for path, call in HARMLESS:
        assert call in [each for _, each in calls(read(path), EARLY)], f"{path} has no {call} any more: take it off the list"


@pytest.mark.parametrize("path", JUDGES)
def test_judges_use_the_helper(path):
    text = read(path)
    for function, helper in JUDGES[path].items():
        assert list(calls(body_of(text, function), [helper])), f"{function} of {path} does not call {helper}"


def test_whoever_handles_secrets_is_known():
    found = {path: {name for name, _ in calls(read(path), MAKERS)} for path in sources() if path.endswith(".c")}
    new = {path: names - KNOWN_MAKERS.get(path, set()) for path, names in found.items()}
    assert {path: names for path, names in new.items() if names} == {}, "look whether these compare in constant time, and list them"
    assert {path for path in KNOWN_MAKERS if not found.get(path)} == set()
