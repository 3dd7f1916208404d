"""POST /v1/customers: public registration."""

import hashlib
import json
import uuid

import pytest


def body(**changes):
    given = {"email": f"{uuid.uuid4().hex[:12]}@example.com", "password": "una clave larga", "full_name": "José Ñandú", **changes}
    return {name: value for name, value in given.items() if value is not None}


def test_registers_and_can_log_in(api, wait_mail):
    asked = body(phone="+573001234567", locale="es-CO", tax_id="CC 1020304050", consents={"terms": True, "marketing": False})
    reply = api.post("/v1/customers", asked, expect=201)
    made = reply.json
    assert reply.headers["Location"] == f"/v1/customers/{made['id']}"
    assert {name: made[name] for name in asked if name != "password"} == {name: value for name, value in asked.items() if name != "password"}
    assert "password" not in made
    api.post("/v1/auth/token", {"grant_type": "password", "username": asked["email"], "password": asked["password"]}, expect=200)
    assert "José Ñandú" in wait_mail(asked["email"], "Bienvenido").text


def test_the_least_that_is_needed(api):
    made = api.post("/v1/customers", body(), expect=201).json
    assert (made["locale"], made["phone"], made["tax_id"], made["consents"]) == ("es", None, None, {})


def test_email_is_taken_whatever_its_case(api):
    asked = body()
    api.post("/v1/customers", asked, expect=201)
    assert api.post("/v1/customers", body(email=asked["email"].upper()), expect=409).code == "email_taken"


def test_repeated_with_a_key_registers_once(api):
    asked, key = body(), str(uuid.uuid4())
    first = api.post("/v1/customers", asked, key=key, expect=201)
    again = api.post("/v1/customers", asked, key=key, expect=201)
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true"
    assert api.post("/v1/customers", body(), key=key, expect=422).code == "idempotency_key_reused"


@pytest.mark.parametrize("changes, pointer", [
    ({"email": None}, "/email"), ({"email": "nobody"}, "/email"), ({"email": "a@b@c.com"}, "/email"), ({"email": 7}, "/email"),
    ({"password": "short"}, "/password"), ({"password": "x" * 201}, "/password"), ({"full_name": ""}, "/full_name"),
    ({"full_name": "two\nlines"}, "/full_name"), ({"locale": "not a language"}, "/locale"), ({"consents": "yes"}, "/consents"),
    ({"consents": {"marketing": "true"}}, "/consents/marketing"), ({"consents": {"marketing": None}}, "/consents/marketing"),
    ({"role": "admin"}, "/role"), ({"id": str(uuid.uuid4())}, "/id"),
])
def test_wrong_fields(api, changes, pointer):
    reply = api.post("/v1/customers", body(**changes), expect=422)
    assert reply.code == "validation_failed" and reply.pointers == [pointer]


def test_what_is_kept_of_a_request_does_not_help_to_guess_its_password(api, database):
    asked, key = body(), str(uuid.uuid4())
    api.post("/v1/customers", asked, key=key, expect=201)
    kept = database("crm", "SELECT request_hash, body FROM idempotency WHERE key = %s", (key,))[0]
    sent = json.dumps(asked, ensure_ascii=False).encode()
    plain = hashlib.sha256(b"register_customer\n/v1/customers\n\n" + sent + b"\n").hexdigest()
    assert kept[0] != plain and asked["password"] not in kept[1]
