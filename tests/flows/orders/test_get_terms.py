"""GET /v1/terms: the text in force, in two languages, with the hash that acceptances refer to."""

import hashlib


def test_the_text_and_its_hash(api):
    spanish = api.get("/v1/terms", expect=200).json
    english = api.get("/v1/terms", {"locale": "en"}, expect=200).json
    assert spanish["version"] == english["version"] == "v1" and spanish["in_force"] and english["in_force"]
    assert "cuotas" in spanish["body"] and "installments" in english["body"]
    for terms in (spanish, english):
        assert hashlib.sha256(terms["body"].encode()).hexdigest() == terms["sha256"]


def test_by_version(api):
    assert api.get("/v1/terms", {"version": "v1"}, expect=200)["version"] == "v1"
    assert api.get("/v1/terms", {"version": "v0"}, expect=404).code == "not_found"
    assert api.get("/v1/terms", {"version": ""}, expect=422).pointers == ["query:version"]
