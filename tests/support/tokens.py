"""Access tokens and identities, true and forged. The true ones are signed with the stack's own keys, as crm and the gateway would."""

import base64
import hashlib
import hmac
import json
import time
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def part(value):
    return b64(value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode())


class Signer:
    """A P-256 key."""

    def __init__(self, key=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        self.jwk = {"crv": "P-256", "kty": "EC", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}
        self.kid = b64(hashlib.sha256(json.dumps(self.jwk, separators=(",", ":"), sort_keys=True).encode()).digest())   # RFC 7638

    @classmethod
    def from_file(cls, path):
        with open(path, "rb") as file:
            return cls(serialization.load_pem_private_key(file.read(), None))

    @property
    def header(self):
        return {"alg": "ES256", "typ": "at+jwt", "kid": self.kid}

    @property
    def public_pem(self):
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def signature(self, text):
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def token(self, claims, header=None, **header_changes):
        text = part({**self.header, **header_changes} if header is None else header) + "." + part(claims)
        return text + "." + b64(self.signature(text))


def claims(issuer, subject, scope, **changes):
    """As crm makes them."""
    now = int(time.time())
    return {"iss": issuer, "sub": subject, "aud": "cuotas", "client_id": "tests", "iat": now, "exp": now + 900, "jti": str(uuid.uuid4()), "scope": scope, **changes}


def _flipped(token, at):
    """One bit of one character's meaning changed: still base64url."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:at] + alphabet[alphabet.index(token[at]) ^ 32] + token[at + 1:]


def forgeries(signer, issuer, subject, scope, key_url):
    """{what is wrong: token}: of somebody who would be let in, were it not for that. key_url: where a token says its key is."""
    def said(**changes):
        return {name: value for name, value in {**claims(issuer, subject, scope), **changes}.items() if value is not None}
    now, good, own = int(time.time()), said(), Signer()
    token = signer.token(good)
    head, body, mark = token.split(".")
    _, s = unb64(mark)[:32], unb64(mark)[32:]
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def hmac_signed(secret, alg="HS256", **header):
        text = part({"alg": alg, "typ": "at+jwt", "kid": signer.kid, **header}) + "." + body
        return text + "." + b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())

    def rsa_signed(**header):
        text = part({"alg": "RS256", "typ": "at+jwt", "kid": signer.kid, **header}) + "." + body
        return text + "." + b64(rsa_key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))

    made = {
        "expired": signer.token(said(iat=now - 1000, exp=now - 60)),
        "without an end": signer.token(said(exp=None)),
        "an end that is no number": signer.token(said(exp="9999999999")),
        "an end that is true": signer.token(said(exp=True)),
        "an end beyond numbers": signer.token({**good, "exp": 1e300}),
        "not yet valid": signer.token(said(nbf=now + 600)),
        "issued in the future": signer.token(said(iat=now + 600, exp=now + 1200)),
        "another audience": signer.token(said(aud="other")),
        "no audience": signer.token(said(aud=None)),
        "audiences without ours": signer.token(said(aud=["other", "cuotas2", ["cuotas"]])),
        "another issuer": signer.token(said(iss="https://evil.example")),
        "the issuer with a slash": signer.token(said(iss=issuer + "/")),
        "no issuer": signer.token(said(iss=None)),
        "no subject": signer.token(said(sub=None)),
        "subject with a separator": signer.token(said(sub=f"{subject};staff")),
        "no scope": signer.token(said(scope=None)),
        "empty scope": signer.token(said(scope="")),
        "scope as a list": signer.token(said(scope=[scope])),
        "scope with a separator": signer.token(said(scope=f"x;{scope}")),
        "scope with a line break": signer.token(said(scope=f"{scope}\r\nX-Cuotas-Identity: x")),
        "typ JWT": signer.token(good, typ="JWT"),
        "typ of an ID token": signer.token(good, typ="id+jwt"),
        "no typ": signer.token(good, header={"alg": "ES256", "kid": signer.kid}),
        "critical header": signer.token(good, crit=["exp"], exp=now + 9000),
        "claims given twice": signer.token(json.dumps(good)[:-1].encode() + b',"scope":"' + scope.encode() + b'"}'),
        "header given twice": "",
        "payload no object": signer.token([good]),
        "payload no JSON": signer.token(b"{"),
        "other algorithm names": signer.token(good, alg="ES384"),
        "lower-case algorithm": signer.token(good, alg="es256"),
        "HS256 keyed with the public key": hmac_signed(signer.public_pem),
        "HS256 keyed with the public key, cut": hmac_signed(signer.public_pem.strip()),
        "HS256 keyed with the JWK": hmac_signed(json.dumps(signer.jwk).encode()),
        "HS256 keyed with nothing": hmac_signed(b""),
        "HS256 called ES256": hmac_signed(signer.public_pem, alg="ES256"),
        "RS256 header": signer.token(good, alg="RS256"),
        "RS256 with a key of its own": rsa_signed(),
        "RS256 with its key at jku": rsa_signed(jku=key_url + "/jku", kid="rsa"),
        "empty signature": f"{head}.{body}.",
        "no signature": f"{head}.{body}",
        "signature of zeros": f"{head}.{body}.{b64(bytes(64))}",
        "signature of the group's order": f"{head}.{body}.{b64(P256_ORDER.to_bytes(32, 'big') + s)}",
        "signature in DER": f"{head}.{body}.{b64(signer.key.sign(f'{head}.{body}'.encode(), ec.ECDSA(hashes.SHA256())))}",
        "signature twice": f"{token}.{mark}",
        "signature of another token": f"{head}.{body}.{signer.token(said(sub=str(uuid.uuid4()))).split('.')[2]}",
        "signed by another key": own.token(good, kid=signer.kid),
        "unknown key": own.token(good),
        "no kid": signer.token(good, header={"alg": "ES256", "typ": "at+jwt"}),
        "kid is a path": own.token(good, kid="../../../../dev/null"),
        "kid is SQL": own.token(good, kid="x' UNION SELECT 'a"),
        "kid over-long": own.token(good, kid="k" * 3000),
        "its key inside": own.token(good, jwk=own.jwk),
        "its key inside, our kid": own.token(good, jwk=own.jwk, kid=signer.kid),
        "its key at jku": own.token(good, jku=key_url + "/jwks.json"),
        "its key at x5u": own.token(good, x5u=key_url + "/x.pem"),
        "padded": token + "=",
        "with a blank": token[:20] + " " + token[20:],
        "with more after it": token + " x",
        "over-long": signer.token(said(note="x" * 3500)),
        "empty": "",
        "dots": "..",
    }
    twice = b64(json.dumps(signer.header)[:-1].encode() + b',"alg":"ES256"}') + "." + body
    made["header given twice"] = twice + "." + b64(signer.signature(twice))
    for alg in ("none", "None", "nOnE", ""):
        made[f"alg {alg!r}"] = part({"alg": alg, "typ": "at+jwt", "kid": signer.kid}) + "." + body + "."
        made[f"alg {alg!r} with the signature"] = part({"alg": alg, "typ": "at+jwt", "kid": signer.kid}) + "." + body + "." + mark
    for name, start, size in (("header", 0, len(head)), ("payload", len(head) + 1, len(body)), ("signature", len(head) + len(body) + 2, len(mark))):
        for place in (0, size // 3, 2 * size // 3, size - 2):
            made[f"a bit of the {name} flipped at {place}"] = _flipped(token, start + place)
    return made


# ---- what the gateway tells the services

def identity(secret, kind, subject, scopes, expires=None, ip="127.0.0.1", version="v1"):
    """The value of X-Cuotas-Identity, signed with `secret`."""
    text = f"{version};{kind};{subject};{int(time.time()) + 60 if expires is None else expires};{ip};{scopes}"
    return f"{text};{b64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def link_token(secret, purpose, payload):
    """As link_token_make does; payload: a document, or bytes as they are."""
    key = hmac.new(secret.encode(), b"cuotas-link:" + purpose.encode(), hashlib.sha256).digest()
    text = part(payload)
    return f"{text}.{b64(hmac.new(key, text.encode(), hashlib.sha256).digest())}"
