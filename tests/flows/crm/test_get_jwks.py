"""GET /.well-known/jwks.json: the public keys, and nothing private."""


def test_keys(api):
    reply = api.get("/.well-known/jwks.json", expect=200)
    assert reply["keys"] and all(key["kty"] == "EC" and key["crv"] == "P-256" and key["alg"] == "ES256" and "d" not in key for key in reply["keys"])
    assert "max-age" in reply.headers["Cache-Control"]
