"""The search of the logs (tests/leaks.py) finds what it is for: every kind of secret, planted, and nothing in lines that only look like one. And secrets
sent to every place of every operation, with the logs searched at once; the runner searches those of the whole run again at its end."""

import base64
import collections
import json
import os
import shutil
import sys
import uuid

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import leaks   # noqa: E402
from support import tokens   # noqa: E402
from support.access import DOCUMENT, MAKER, OPERATIONS, fill, request   # noqa: E402
from support.wire import exchange   # noqa: E402

CARDS = ["4242424242424242", "4000056655665556", "5555555555554444", "2223003122003222", "378282246310005", "6011111111111117", "3056930009020004", "3566002020360505",
         "6200000000000005", "4222222222222", "4242-4242-4242-4242", "4242 4242 4242 4242", "3782 822463 10005"]


@pytest.fixture
def tmp_path(tmp_path):
    """Gone afterwards: what is written here to be found, or to be taken for a secret, is not for the search after the whole run."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def written(directory, text, name="x.log"):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(text + "\n")
    return path


def shapes():
    signer = tokens.Signer()
    token = signer.token({"a": 1})
    return {
        "a token": f'{{"detail":"{token}"}}',
        "an Authorization header": '{"header":"Authorization: Basic YWRtaW46YWRtaW4="}',
        "a bearer token": "sent Bearer 0123456789abcdef0123",
        "a private key": "-----BEGIN EC PRIVATE KEY-----",
        "an identity": tokens.identity("secret", "customer", str(uuid.uuid4()), "customer"),
        "a webhook signature": "Stripe-Signature: t=1700000000,v1=" + "0a" * 32,
        "a webhook signature, of Mercado Pago": "x-signature: ts=1700000000123,v1=" + "0a" * 32,
        "a provider's key": 'key "sk_test_abcdefghij" refused',
        "a provider's key, of Mercado Pago": "Authorization refused: APP_USR-1234567890123456-112233-abc",
        "a password hash": "DETAIL: Failing row contains (x, $argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB)",
        "a URL with a password": "cannot connect to postgresql://cuotas_crm_app:hunter2hunter2@/cuotas_crm",
        "a payment link": '"path":"/v1/payment-links/eyJvcmRlcl9pZCI6MX0abcdefgh.abcdefghijklmnopqrstuv"',
        "an unsubscribe link": '"path":"/v1/unsubscribe/eyJjdXN0b21lcl9pZCI6MX0abc.abcdefghijklmnopqrstuv"',
        "a query string": '{"path":"/v1/products?q=chair"}',
        **{f"card {number}": f'DETAIL: Key (token)=({number}) already exists' for number in CARDS},
        "card in JSON": '{"value":"4242424242424242"}', "card as a number": '{"value":4242424242424242,"x":1}', "card at the end": "4242424242424242",
        "card before a full stop": "The card 4242424242424242.",
    }


@pytest.mark.parametrize("what", shapes())
def test_what_is_secret_by_its_form(what, tmp_path):
    path = written(tmp_path, shapes()[what])
    hits, files, _ = leaks.scan(tmp_path)
    assert files == 1 and len(hits) >= 1 and hits[0].startswith("x.log:1: ")
    assert ("a card number" if what.startswith("card") else what.partition(",")[0]) in " ".join(hits)
    os.remove(path)
    assert leaks.scan(tmp_path)[0] == []


@pytest.mark.parametrize("line", [
    '{"time":"2026-11-22T04:00:17.123456Z","level":"info","path":"/v1/orders/01a20163-5544-7788-9900-123456789012","us":1234,"trace_id":"42424242424242424242424242424242"}',
    '{"msg":"request","path":"/v1/payment-links/...","status":404}', "2026-11-22 04:00:17.123 UTC [1234567] cuotas_crm_app@cuotas_crm ERROR:  duplicate key value",
    "4242424242424241", "1234567890123452", "0.4242424242424242", "4242424242424242424242", "x4242424242424242", "1795319458123456", "4444444444444444", "4000-8000-0000-0000-0000",
    "authorization failed", "token: none", "the bearer of the token", "http://127.0.0.1:8080/v1", '{"message":"password authentication failed for user \\"cuotas_crm_app\\""}',
    "6fa85f64-5717-4562-4000-056655665556", '{"id":"pi_4242424242424242"}',
])
def test_what_only_looks_like_it(line, tmp_path):
    written(tmp_path, line)
    assert leaks.scan(tmp_path)[0] == []


def exchanged(target="/v1/x", request="", response="", status=200, **headers):
    return json.dumps({"method": "POST", "target": target, "status": status, "request_headers": headers, "request": {"text": request}, "response": {"text": response}})


def test_values_of_the_run(tmp_path):
    """Each source of needles, each found in a log, and in none the second time."""
    left = tmp_path / "flows"
    secrets = {
        "password": "una clave \"muy\" larga ñ", "refresh_token": "aB3_-xyzxyzxyz", "access_token": "opaque.access.token", "tax_id": "CC 1020.304.050-1", "email": "ana.cliente@example.com",
        "phone": "+573001234567", "link": "c29tZS10b2tlbi10aGF0LWlz.c2lnbmF0dXJlLXRoYXQtaXM", "signature": "0123456789abcdef" * 4, "identity": "k9J_identity_secret_xyz", "planted": "planted-0123456789",
        "unsubscribe": "b3RoZXItdG9rZW4tdGhhdC1pcw.c2lnbmF0dXJlLXRoYXQtaXM-b3RoZXI", "key": "c3RhZmYta2V5LXRoYXQtaXM.c2lnbmF0dXJlLW9mLWEta2V5",
        "mail": "Recibimos tu pago de COP 129.900,00 para el pedido 42.",
    }
    written(left, exchanged(request=json.dumps({"password": secrets["password"], "nested": [{"tax_id": secrets["tax_id"]}], "email": secrets["email"], "phone": secrets["phone"]}),
                            response=json.dumps({"refresh_token": secrets["refresh_token"], "access_token": secrets["access_token"]})), "traffic.jsonl")
    written(left, exchanged(f"/v1/payment-links/{secrets['link']}?x=1", "not JSON", **{"stripe-signature": f"t=1,v1={secrets['signature']}"}), "traffic.jsonl")
    written(left, exchanged(f"/v1/unsubscribe/{secrets['unsubscribe']}"), "traffic.jsonl")
    written(left, exchanged("/v1/auth/staff-password", json.dumps({"key": secrets["key"], "password": secrets["password"]}), status=409), "traffic.jsonl")
    written(left, json.dumps({"identity": secrets["identity"]}), "stack/secrets.json")
    written(left, f"Subject: x\nContent-Type: text/plain; charset=utf-8\n\nHola:\n{secrets['mail']}", "stack/mail/1-x.eml")
    written(left, secrets["planted"], "needles")
    for name, text in secrets.items():
        for form in {text, json.dumps(text)[1:-1]} | ({"10203040501"} if name == "tax_id" else set()):
            path = written(left, f"2026-11-22 ERROR: value {form} is wrong", "stack/log/postgres.log.before")
            hits = leaks.scan(tmp_path, leaks.needles(tmp_path))[0]
            assert hits and all(hit.startswith("flows/stack/log/postgres.log.before:1: ") for hit in hits), (name, form, hits)
            os.remove(path)
    written(left, "nothing", "x.log")
    assert leaks.scan(tmp_path, leaks.needles(tmp_path))[0] == []


def test_refused_peoples_data_are_no_needles(tmp_path):
    """What a test made up to be refused is nobody's; a password is one whatever came of it."""
    written(tmp_path, exchanged(request=json.dumps({"email": "nobody@example.com", "password": "not the password"}), status=401), "traffic.jsonl")
    assert set(leaks.needles(tmp_path)) == {"not the password"}


# ---- the real thing

@pytest.fixture
def logs_are_clean(stack, plant, at_rest):
    """Fails when a planted text, or anything that is secret by its form, is in a log now."""
    def check(*texts):
        at_rest()
        hits, files, size = leaks.scan(stack.log_dir, {plant(text): "this test" for text in texts})
        assert files >= 10 and size > 1000
        assert hits == []
    return check


# Where long numbers are meant (x-long-numbers).
LONG_NUMBERS = ("tax_id", "phone", "password", "refresh_token", "key", "contract_sha256", "tracking_number", "tracking_url", "shipping_tracking_number", "reference", "token")


def string_places(schema, path=()):
    schema = DOCUMENT.follow(schema)
    if schema.get("additionalProperties") is True:
        yield (*path, "anything")
    for name, member in schema.get("properties", {}).items():
        member = DOCUMENT.follow(member)
        if "string" in str(member.get("type", "string")) and "properties" not in member:
            yield (*path, name)
        yield from string_places(member, (*path, name))


def put(body, path, value):
    inner = body
    for part in path[:-1]:
        inner = inner.setdefault(part, {}) if not isinstance(inner, list) else inner[0]
    inner[path[-1]] = value
    return body


def test_secrets_in_every_place_of_every_operation(stack, owner, staff, api, logs_are_clean):
    """A password or a token in the wrong place is refused or kept, a card number in any text is refused, and not repeated; they are never written down."""
    marker, refused = f"secreto{uuid.uuid4().hex}", collections.Counter()
    values = [marker, "4242424242424242", "5555 5555 5555 4444"]
    for name, rule in OPERATIONS.items():
        caller = api if rule.public else owner.api if rule.for_customers else staff
        for path in string_places(rule.body_schema) if rule.body_schema else ():
            for value in values[:2]:
                asked = request(rule, inert=True)
                reply = caller.request(asked.method, asked.path, json=put(MAKER.sample(rule.body_schema), path, value), key=asked.key)
                if value == CARDS[0] and path[-1] not in LONG_NUMBERS:
                    assert reply.status >= 400 and value.encode() not in reply.body, f"{name} {path}: {reply}"
                    refused[reply.code] += 1
        for parameter in rule.operation.parameters:
            for value in values:
                asked = request(rule, inert=True)
                if parameter["in"] == "query":
                    caller.request(asked.method, asked.path, query={**asked.query, parameter["name"]: value}, json=asked.json, key=asked.key)
        asked = request(rule, inert=True)
        for value in values:
            caller.request(asked.method, asked.path, query={value: value}, json={value: value} if rule.body_schema else None, key=asked.key,
                           headers={"X-Note": value, "Referer": f"http://x/?password={value}", "User-Agent": value})
            if rule.takes_key:
                caller.request(asked.method, asked.path, json=asked.json, key=value.replace(" ", ""))
        for value in values[1:]:   # a word in a path is an id somebody made up; a number of a card's length is no id
            for hidden in (value, value.replace(" ", "-"), value + ".pdf", value.replace(" ", "%20")):
                caller.request(asked.method, fill(rule.path, {each: hidden for each in ("id", "token", "provider")}), json=asked.json, key=asked.key)
    logs_are_clean(marker)
    assert refused["card_number_refused"] > sum(refused.values()) / 4, refused   # the others have a format, or are asked for something else first


def test_what_the_database_says_of_failures(stack, shop, new_customer, api, database, plant, logs_are_clean):
    """A violated constraint names the row, in PostgreSQL's own words; its log must not."""
    customer = new_customer()
    body = {"email": customer.email.upper(), "password": f"clave-{uuid.uuid4().hex}", "full_name": "Otra", "tax_id": "CC 9182736455"}
    assert api.post("/v1/customers", body, expect=409).code == "email_taken"
    with open(os.path.join(stack.log_dir, "postgres.log"), encoding="utf-8") as file:
        assert "login_pkey" in file.read(), "the failure itself is told"
    logs_are_clean(customer.email, body["email"], body["password"])


def test_settings_of_the_databases(stack, database):
    """For every database of ours, whatever the server's own are (deploy/postgres/service.sql)."""
    for service in (name for name in stack.service_urls if name != "gateway"):
        found = dict(database(service, "SELECT name, setting FROM pg_settings WHERE name IN ('log_error_verbosity', 'log_parameter_max_length', 'log_parameter_max_length_on_error')"))
        assert found == {"log_error_verbosity": "terse", "log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0"}, service


def test_secrets_in_what_is_no_request(stack, logs_are_clean):
    """In heads that are refused before anything is understood."""
    marker = f"secreto{uuid.uuid4().hex}"
    good = base64.b64encode(marker.encode()).decode()
    for url in stack.service_urls.values():
        for request_bytes in (f"GET /{marker} HTTP/9.9\r\n\r\n", f"{marker} / HTTP/1.1\r\nHost: a\r\n\r\n", f"GET / HTTP/1.1\r\nHost: {marker}\r\nAuthorization : Basic {good}\r\n\r\n",
                              f"GET /?{marker} HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {good}\r\n {marker}\r\n\r\n", f"POST /v1/auth/token HTTP/1.1\r\nHost: a\r\nContent-Length: {marker}\r\n\r\n",
                              f"GET / HTTP/1.1\r\nHost: a\r\ntraceparent: {marker}\r\n\r\n", f"GET /livez?token={marker} HTTP/1.1\r\nHost: a\r\nCookie: {marker}\r\n\r\n"):
            exchange(url, request_bytes.encode())
    logs_are_clean(marker, good)
