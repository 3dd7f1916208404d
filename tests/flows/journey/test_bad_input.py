"""Every operation of the contract against what its contract forbids: never a 5xx, never an effect, always a problem document that names
the place. The inputs are made from the published contract, so a new operation is covered as soon as it exists."""

import json
import os
import sys
import uuid

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.append(os.path.join(ROOT, "tests", "contract"))

from document import Document   # noqa: E402
from support.hostile import NOT_JSON, Maker, described   # noqa: E402
from support.wire import exchange   # noqa: E402

BUILD = os.path.dirname(os.environ.get("CUOTAS_BIN") or os.path.join(ROOT, "build", "bin"))
DOCUMENT = Document(os.path.join(BUILD, "gen", "openapi.json"))
MAKER = Maker(DOCUMENT)
OPERATIONS = {operation.id: operation for operation in DOCUMENT.operations}


def json_schema(operation):
    """Of the body, when it is one JSON document."""
    content = (operation.request_body or {}).get("content", {}).get("application/json")
    schema = content and DOCUMENT.follow(content["schema"])
    return schema if schema and schema.get("type") == "object" else None


WITH_BODY = [name for name, operation in OPERATIONS.items() if json_schema(operation)]
WITH_QUERY = [name for name, operation in OPERATIONS.items() if operation.method == "GET"]
WITH_ID = [name for name, operation in OPERATIONS.items()
           if any(each["in"] == "path" and DOCUMENT.follow(each["schema"]).get("format") == "uuid" for each in operation.parameters)]


@pytest.fixture(scope="module")
def callers(api, staff, shop):
    customer = shop.new_customer()
    return lambda operation: api if operation.public else customer.api if "customer" in operation.scopes else staff


@pytest.fixture(scope="module", autouse=True)
def nothing_dies(stack):
    """Whatever is thrown at them, the processes that were there before are there afterwards."""
    before = {name: stack.server(name).pid for name in stack.service_urls}
    yield
    assert {name: stack.server(name).pid for name in stack.service_urls if stack.running(name)} == before


def path_of(operation, **given_values):
    path = operation.path
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            value = given_values.get(parameter["name"]) or ("stripe" if parameter["name"] == "provider" else str(uuid.uuid4()))
            path = path.replace("{" + parameter["name"] + "}", value)
    return path


def beyond_doubles(value):
    """Whether an integer of the document is outside what JSON numbers carry exactly."""
    if isinstance(value, dict):
        return any(map(beyond_doubles, value.values()))
    if isinstance(value, list):
        return any(map(beyond_doubles, value))
    return isinstance(value, int) and abs(value) >= 2 ** 53


def wants_key(operation):
    return any(each["in"] == "header" and each["name"] == "Idempotency-Key" and each.get("required") for each in operation.parameters)


def complaint(reply, pointer=None, statuses=(400, 422)):
    """What is wrong with a refusal, or None."""
    if reply.status not in statuses:
        return f"answered {reply.status}: {reply.body[:200]!r}"
    if not reply.headers.get("Content-Type", "").startswith("application/problem+json"):
        return f"is no problem document: {reply.headers.get('Content-Type')}"
    if reply.json["status"] != reply.status or not reply.json["code"] or not reply.json["title"]:
        return f"is an incomplete problem document: {reply.json}"
    if pointer is not None and pointer not in reply.pointers:
        return f"does not name {pointer or 'the body'}: {reply.json}"
    return None


@pytest.mark.parametrize("name", WITH_BODY)
def test_wrong_fields(name, callers):
    operation = OPERATIONS[name]
    caller, path, wrong = callers(operation), path_of(operation), []
    key = {"key": True} if wants_key(operation) else {}
    for pointer, body in MAKER.wrong_bodies(json_schema(operation)):
        reply = caller.request(operation.method, path, data=json.dumps(body), content_type="application/json", **key)
        # Numbers a double cannot hold are refused by the reader, which knows the byte but not yet the place.
        said = complaint(reply, None if beyond_doubles(body) and reply.code == "malformed_json" else pointer)
        if said:
            wrong.append(f"{described(body)} {said}")
    assert not wrong, f"{len(wrong)} answers:\n" + "\n".join(wrong[:20])


@pytest.mark.parametrize("name", WITH_BODY)
def test_no_json(name, callers):
    operation = OPERATIONS[name]
    caller, path, wrong = callers(operation), path_of(operation), []
    key = {"key": True} if wants_key(operation) else {}
    for body in NOT_JSON:
        said = complaint(caller.request(operation.method, path, data=body, content_type="application/json", **key), statuses=(400, 413, 422))
        if said:
            wrong.append(f"{body[:60]!r} {said}")
    if operation.request_body.get("required"):
        said = complaint(caller.request(operation.method, path, data=b"", content_type="application/json", **key))
        wrong += [f"nothing {said}"] if said else []
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "application/jsonx", "*/*", "x"):
        said = complaint(caller.request(operation.method, path, data=b"{}", content_type=kind, **key), statuses=(415,))
        wrong += [f"{kind} {said}"] if said else []
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", WITH_BODY)
def test_too_large(name, callers, stack):
    """Refused on its announced length, before it is sent."""
    operation = OPERATIONS[name]
    caller = callers(operation)
    token = caller.token() if callable(caller.token) else None
    lines = [f"{operation.method} {path_of(operation)} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {1024 * 1024 + 1}",
             "Idempotency-Key: " + str(uuid.uuid4())] + ([f"Authorization: Bearer {token}"] if token else [])
    status, head, body = exchange(stack.gateway_url, ("\r\n".join(lines) + "\r\n\r\n").encode())
    assert status == 413, (status, head, body)
    assert "application/problem+json" in head and json.loads(body)["code"] == "body_too_large"


@pytest.mark.parametrize("name", WITH_QUERY)
def test_wrong_query(name, callers):
    operation = OPERATIONS[name]
    caller, path, wrong = callers(operation), path_of(operation), []
    declared = {each["name"]: DOCUMENT.follow(each["schema"]) for each in operation.parameters if each["in"] == "query"}
    good = {each["name"]: MAKER.sample(each["schema"]) for each in operation.parameters if each["in"] == "query" and each.get("required")}

    def ask(query, pointer, statuses=(400, 422)):
        said = complaint(caller.get(path, query), pointer, statuses)
        if said:
            wrong.append(f"?{query} {said}")
    ask([*good.items(), ("no_such_parameter", "1")], "query:no_such_parameter")
    for parameter, schema in declared.items():
        rest = [(other, value) for other, value in good.items() if other != parameter]
        ask([*rest, (parameter, MAKER.sample(schema)), (parameter, MAKER.sample(schema))], f"query:{parameter}")
        for value in MAKER.wrong_values(schema):
            if isinstance(value, (str, int)) and not isinstance(value, bool) and len(str(value)) < 1500 and not (schema["type"] == "string" and not isinstance(value, str)):
                if schema["type"] == "integer" and str(value).lstrip("-").isdigit() and schema.get("minimum", -2 ** 53) <= int(value) <= schema.get("maximum", 2 ** 53):
                    continue   # "12" is a number in a query
                if schema["type"] == "boolean" and value in ("true", "false"):
                    continue
                ask([*rest, (parameter, str(value))], f"query:{parameter}")
    for parameter in good:
        ask([(other, value) for other, value in good.items() if other != parameter], f"query:{parameter}")
    if "cursor" in declared:
        for cursor in ("x", "AAAA", "%00", "WyIyMDI2Il0", "eyJhIjoxfQ", "W10", "WzEsMiwzLDQsNSw2XQ", "'"):
            ask([*good.items(), ("cursor", cursor)], "query:cursor", (400, 404, 422))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", WITH_ID)
def test_wrong_ids_in_the_path(name, callers):
    operation = OPERATIONS[name]
    caller, wrong = callers(operation), []
    first = next(each["name"] for each in operation.parameters if each["in"] == "path" and DOCUMENT.follow(each["schema"]).get("format") == "uuid")
    body = MAKER.sample(json_schema(operation)) if json_schema(operation) else None
    for value in ("1", "no", "3f2b8c1e-0d4a-4c57-9a51-7a5d3f0c9b2g", "%27%20OR%201=1", "%00", "%ff", "..%2f..%2fetc", "a" * 300):
        said = complaint(caller.request(operation.method, path_of(operation, **{first: value}), json=body, key=True if wants_key(operation) else None),
                         statuses=(400, 404, 422))
        wrong += [f"{value} {said}"] if said else []
    said = complaint(caller.request(operation.method, path_of(operation, **{first: "no"}), json=body, key=True if wants_key(operation) else None), f"path:{first}")
    wrong += [f"a bad UUID {said}"] if said else []
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name, operation in OPERATIONS.items() if not operation.public])
def test_bad_tokens(name, api, customer):
    operation = OPERATIONS[name]
    path, wrong = path_of(operation), []
    good = customer.token
    head, payload, mark = good.split(".")
    for token in ("x", "a.b.c", good[:-4], f"{head}.{payload}.", f"{head}.{payload}", f"{head}.{payload[:-2]}AA.{mark}", good + "A", "." * 10, "x" * 5000,
                  "eyJhbGciOiJub25lIn0." + payload + ".", "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9." + payload + "." + mark):
        reply = api.request(operation.method, path, token=token, json={} if operation.request_body else None)
        said = complaint(reply, statuses=(400, 401, 431))
        wrong += [f"{token[:40]} {said}"] if said else []
    said = complaint(api.request(operation.method, path, json={} if operation.request_body else None), statuses=(401,))
    wrong += [f"no token {said}"] if said else []
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("key", [b"", b" ", b"x" * 256, "ñandú".encode(), b"a\tb", b"a\x7fb"])
def test_bad_idempotency_keys(key, customer, stack):
    request = (f"POST /v1/payments HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {customer.token}\r\nContent-Type: application/json\r\n"
               "Content-Length: 2\r\n").encode() + b"Idempotency-Key: " + key + b"\r\n\r\n{}"
    status, head, body = exchange(stack.gateway_url, request)
    assert status in (400, 422), (head, body)
    document = json.loads(body)
    assert document["code"] in ("bad_request", "idempotency_key_missing") or "header:Idempotency-Key" in [each["pointer"] for each in document["errors"]], document


def test_unknown_paths_and_methods(api):
    for method, path, status in (("GET", "/", 404), ("GET", "/v1", 404), ("GET", "/v1/nothing", 404), ("GET", "/v1/products/", 404), ("GET", "/../etc/passwd", 404),
                                 ("GET", "/v1/products/%2e%2e/x", 404), ("DELETE", "/v1/products", 405), ("PUT", "/v1/payments", 405), ("PATCH", "/v1/auth/token", 405)):
        reply = api.request(method, path)
        assert complaint(reply, statuses=(status,)) is None, reply
        if status == 405:
            assert reply.headers["Allow"], reply


HOSTILE_HEADS = {
    "two lengths": b"POST /v1/carts HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": b"POST /v1/carts HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"POST /v1/carts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "space before colon": b"GET /v1/products HTTP/1.1\r\nHost : a\r\n\r\n",
    "no host": b"GET /v1/products HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /v1/products HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "bare line feeds": b"GET /v1/products HTTP/1.1\nHost: a\n\n",
    "folded header": b"GET /v1/products HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    "NUL": b"GET /v1/products HTTP/1.1\r\nHost: a\r\nX-A: b\x00c\r\n\r\n",
    "two tokens": b"GET /v1/orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "huge head": b"GET /v1/products HTTP/1.1\r\nHost: a\r\n" + b"X-A: " + b"a" * 20000 + b"\r\n\r\n",
    "many headers": b"GET /v1/products HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 200 + b"\r\n",
    "long target": b"GET /v1/products?q=" + b"a" * 4000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "other protocol": b"GET /v1/products HTTP/3.7\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
    "bad chunk": b"POST /v1/auth/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("what", HOSTILE_HEADS)
def test_hostile_http(what, stack):
    """Refused and closed: nothing after it on the connection is taken for a request."""
    smuggled = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
    status, head, body = exchange(stack.gateway_url, HOSTILE_HEADS[what] + smuggled)
    assert 400 <= status < 500 or status in (501, 505), (status, head, body)
    assert b"HTTP/1.1 200" not in body


# ---- and what nobody thought of

JSON_VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
                           lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=12)


@pytest.mark.parametrize("name", [name for name in WITH_BODY if name != "advance_test_clock"])
def test_any_json_for_any_field(name, callers):
    """One member replaced by anything: never a 5xx."""
    operation = OPERATIONS[name]
    caller, path = callers(operation), path_of(operation)
    schema = json_schema(operation)
    good = MAKER.sample(schema)

    @seed(20261122)
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(good) or ["x"]), JSON_VALUES)
    def attempt(member, value):
        reply = caller.request(operation.method, path, json={**good, member: value}, key=True if wants_key(operation) else None)
        assert reply.status < 500, reply
    attempt()
