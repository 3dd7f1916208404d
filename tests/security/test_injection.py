"""Texts that try to be something else: header lines, mail headers, encoded words, log lines, markup, formulas, paths. They stay the texts they are, or are
refused; and bytes that split a request in two for one of two readers are refused by both (tests/unit/http1_hostile.h has the full table)."""

import email.header
import json
import re
import uuid

import pytest

from support import wire
from support.access import DOCUMENT, MAKER, OPERATIONS, request

BREAKS = ["\r\nX-Injected: yes", "\nX-Injected: yes", "\rX-Injected: yes", "\r\n\r\n<h1>x</h1>", "\u2028X-Injected: yes", "\u0085X-Injected: yes", "%0d%0aX-Injected: yes",
          "\\r\\nX-Injected: yes", "嘊嘍X-Injected: yes", "\x00X-Injected", "\x1b[31mX-Injected\x1b[0m", "\x08\x08X-Injected", "\x7fX-Injected"]


def string_places(schema, path=()):
    schema = DOCUMENT.follow(schema)
    for name, member in schema.get("properties", {}).items():
        kind = DOCUMENT.follow(member)
        if "string" in str(kind.get("type", "")):
            yield (*path, name)
        yield from string_places(member, (*path, name))


def put(body, path, value):
    inner = body
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    return body


def lines_of(text):
    """A log's lines, each one a JSON object by itself."""
    for line in text.split("\n")[:-1]:
        yield json.loads(line)


def test_line_breaks_in_every_text(stack, api, owner, staff, log_text, at_rest):
    """No reply gets a header from them, no log a line."""
    before = {name: len(log_text(name)) for name in stack.service_urls}
    for name, rule in OPERATIONS.items():
        caller = api if rule.public else owner.api if rule.for_customers else staff
        for text in BREAKS:
            attempts = []
            for path in string_places(rule.body_schema) if rule.body_schema else ():
                asked = request(rule, owner.things, inert=True)
                asked.json = put(MAKER.sample(rule.body_schema), path, "a" + text)
                attempts.append(asked)
            for parameter in rule.operation.parameters:
                if parameter["in"] == "query":
                    asked = request(rule, owner.things, inert=True)
                    asked.query = {**asked.query, parameter["name"]: "a" + text}
                    attempts.append(asked)
            if name in ("register_customer", "create_token") and text not in BREAKS[:1]:
                attempts = []   # each costs a password hash; the decoder is the same for all
            for asked in attempts:
                reply = caller.request(**vars(asked))
                assert reply.status < 500 and "X-Injected" not in reply.headers and "x-injected" not in str(reply.headers).lower(), reply
    at_rest()
    for name, start in before.items():
        for entry in lines_of(log_text(name)[start:]):
            assert {"time", "level", "msg"} <= entry.keys()
            assert not any("\n" in value or "\r" in value or "\x1b" in value for value in entry.values() if isinstance(value, str)), entry


def test_line_breaks_in_heads_and_paths(stack, log_text):
    """What comes percent-encoded or as odd bytes in the target or a header is one value in one line of the log."""
    marker = uuid.uuid4().hex
    fake = '{"time":"2026-01-01T00:00:00Z","level":"error","service":"gateway","msg":"forged"}'
    for target in (f"/v1/{marker}%0a{fake.replace(' ', '%20')}", f"/v1/{marker}%0d%0a", f"/v1/{marker}\"}}", f"/v1/{marker}%22%7d%0a", f"/v1/{marker}%1b[2J", f"/v1/{marker}%e2%80%a8x", f"/v1/{marker}\\n"):
        status, head, _ = wire.exchange(stack.gateway_url, f"GET {target} HTTP/1.1\r\nHost: a\r\ntraceparent: {fake}\r\nX-Request-Id: x%0ay\r\n\r\n".encode())
        assert status in (400, 404), (target, head)
    entries = [entry for entry in lines_of(log_text("gateway")) if marker in json.dumps(entry)]
    assert all(entry["msg"] == "request" for entry in entries)
    assert not any(entry["msg"] == "forged" for entry in lines_of(log_text("gateway")))


SMUGGLED = {
    "line feed in a value": b"X-A: a\nX-Injected: b\r\n", "carriage return in a value": b"X-A: a\rX-Injected: b\r\n", "NUL": b"X-A: a\x00b\r\n", "folded": b"X-A: a\r\n X-Injected: b\r\n",
    "blank before the colon": b"X-Cuotas-Identity : x\r\n", "no name": b": x\r\n", "name with a break": b"X-A\r: x\r\n", "name with a blank": b"X A: b\r\n", "two lengths": b"Content-Length: 0\r\nContent-Length: 5\r\n",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "unknown coding": b"Transfer-Encoding: cow\r\n", "coding in disguise": b"Transfer-Encoding: \x0bchunked\r\n",
    "coding twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "length with a plus": b"Content-Length: +0\r\n", "length in two": b"Content-Length: 0, 0\r\n",
    "two Authorization": b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", "two Idempotency-Key": b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n", "two Host": b"Host: b\r\n",
}


@pytest.mark.parametrize("what", SMUGGLED)
def test_smuggled_headers(what, stack, owner):
    """Refused, and the connection ends: nothing behind it is a request. At the gateway, and at a service that somebody reaches directly."""
    for url in (stack.gateway_url, stack.service_urls["orders"]):
        tail = f"GET /v1/orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {owner.customer.token}\r\n\r\n".encode()
        status, head, body = wire.exchange(url, b"POST /v1/carts HTTP/1.1\r\nHost: a\r\n" + SMUGGLED[what] + b"\r\n" + tail)
        assert status in (400, 501), (head, body)
        assert "x-injected" not in head.lower() and owner.customer.id.encode() not in body and b"HTTP/1.1" not in body


# ---- mails

def register(api, name, **more):
    address = f"inyeccion.{uuid.uuid4().hex[:12]}@example.com"
    reply = api.post("/v1/customers", {"email": address, "password": "una clave muy larga", "full_name": name, **more})
    return address, reply


@pytest.mark.parametrize("name", [
    "=?UTF-8?B?QmNjOiB2aWN0aW1AZXhhbXBsZS5jb20=?=", "=?utf-8?q?=0D=0ABcc=3A_victim=40example=2Ecom?=", "=?UTF-8?B?" + "QUFB" * 30 + "?=", "Ana =?x?", "=?= ?=", "{{password}} {{full_name}}",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "\"Ana\" <victim@example.com>, otra", "Ana, Bcc: victim@example.com", "%0d%0aBcc: victim@example.com", ".", "From ana",
    "Ñandú 漢字 👩‍👩‍👧", "a" * 200, "ñ" * 200, "Ana\u2028Bcc: victim@example.com", "Ana\u0085Bcc: x", "\u202egnp.exe", "=SUM(A1)",
])
def test_names_in_mails(name, api, wait_mail):
    """A mail shows the name as it was written, as plain text, and goes to nobody else. The welcome mail has it in its subject."""
    address, reply = register(api, name)
    assert reply.status == 201, reply
    mail = wait_mail(address)
    assert name in mail.subject and name.replace("\u2028", "").replace("\u0085", "") in mail.text.replace("\u2028", "").replace("\u0085", "").replace("\n", ""), mail.subject
    assert mail.message.get_content_type() == "text/plain" and not mail.message.is_multipart()
    assert mail.message.get_all("To") == [address] and mail.to == address and mail.message["Bcc"] is None and mail.message["Cc"] is None
    with open(mail.path, "rb") as file:
        head = file.read().split(b"\r\n\r\n", 1)[0]
    assert head.isascii() and all(len(line) <= 998 for line in head.split(b"\r\n")) and b"\n" not in head.replace(b"\r\n", b"") and b"\r" not in head.replace(b"\r\n", b"")
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names)), names
    # Read as strictly as any reader does: what is encoded is ours, and decodes to the name once.
    raw = re.sub(r"\r\n(?=[ \t])", "", head.decode()).split("\r\n")
    subject = next(line for line in raw if line.lower().startswith("subject:")).partition(":")[2].strip()
    decoded = "".join(part.decode(charset or "ascii") if isinstance(part, bytes) else part for part, charset in email.header.decode_header(subject))
    assert name in decoded


@pytest.mark.parametrize("name", ["Ana\r\nBcc: victim@example.com", "Ana\nBcc: x", "Ana\rBcc: x", "\x00", "Ana\x1b[31m", "\x7f"])
def test_names_with_control_characters_are_refused(name, api):
    _, reply = register(api, name)
    assert reply.status in (400, 422), reply


@pytest.mark.parametrize("address", [
    "a@example.com\r\nBcc: b@example.com", "a@example.com,b@example.com", "a@example.com;b@example.com", "a@example.com b@example.com", "<a@example.com>", "Ana <a@example.com>", "a@example.com>",
    "a@example.com> SIZE=1", "\"a b\"@example.com", "a@example.com\x00", "a@[127.0.0.1]", "a@127.0.0.1:25", "a@localhost\n", "@example.com", "a@@example.com", "a@exa mple.com", "a@example.com\u2028", "-oQ/tmp@x y",
])
def test_addresses_are_one_address(address, api):
    reply = api.post("/v1/customers", {"email": address, "password": "una clave muy larga", "full_name": "Ana"})
    assert reply.status in (400, 422), reply


# ---- markup, formulas, paths

MARKUP = ["<script>alert(1)</script>", "</script><svg/onload=alert(1)>", "javascript:alert(1)", "\"><img src=x onerror=alert(1)>", "{{7*7}}${7*7}<%= 7*7 %>", "' OR 1=1; --"]
FORMULAS = ["=HYPERLINK(\"http://evil.example\",\"x\")", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "=1+1", "\t=1", "%0A=1"]


def test_names_of_products_stay_texts(staff, api, shop):
    """Markup and formulas come out as they went in, in JSON that nobody takes for a page. There is no export yet that a spreadsheet would open."""
    for text in MARKUP + FORMULAS:
        sku = f"TXT-{uuid.uuid4().hex[:10]}"
        line = {"sku": sku, "name": text, "category": "Test", "price": "1.00", "currency": "USD", "stock": 1}
        assert staff.post("/v1/products/import", line, expect=200)["created"] == 1
        reply = api.get(f"/v1/products", {"q": sku}, expect=200)
        assert [each["name"] for each in reply["data"] if each["sku"] == sku] == [text.strip()]
        assert reply.headers["Content-Type"].split(";")[0] == "application/json"
    quoted = "sku,name,price,currency\n" + "".join(f'CSV-{uuid.uuid4().hex[:10]},"{text.replace(chr(34), chr(34) * 2)}",1.00,USD\n' for text in FORMULAS[:5])
    report = staff.request("POST", "/v1/products/import", data=quoted, content_type="text/csv", expect=200)
    assert report["created"] == 5


def test_only_known_operations_export_tables():
    """Cells of CSV are codes, dates and numbers, none of them anybody's text (services/billing/report.c would make that harmless, too)."""
    tables = {rule.id for rule in OPERATIONS.values() for response in rule.operation.responses.values() if "text/csv" in response.get("content", {})}
    assert tables == {"report_aging", "report_cash_flow", "report_collections", "report_write_offs", "report_revenue", "get_statement"}
    kinds = {kind for rule in OPERATIONS.values() for status, response in rule.operation.responses.items() for kind in response.get("content", {})}
    documents = {"text/markdown", "application/pdf", "image/jpeg", "image/png", "application/xml",   # of contracts and invoices: what no spreadsheet opens as cells
                 "application/x-ndjson"}   # the ledger's export: codes, ids and numbers
    assert kinds <= {"application/json", "application/problem+json", "text/html", "text/csv", *documents}, kinds


def test_problem_documents_quote_nothing_as_markup(api):
    for text in MARKUP:
        for reply in (api.get(f"/v1/products/{text.replace('/', '%2F')}"), api.get("/v1/products", {text: text}), api.get("/v1/terms", {"version": text[:30]}), api.post("/v1/auth/token", {text: 1})):
            assert 400 <= reply.status < 500 and reply.headers["Content-Type"] == "application/problem+json", reply


def test_the_reference_page_loads_nothing(api):
    reply = api.get("/docs", expect=200)
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "http" not in policy and reply.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(rb"<(script|link|img|iframe)[^>]+(src|href)=[\"']?(https?:)?//", reply.body)


TRAVERSALS = ["../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "....//....//etc/passwd", "..\\..\\etc\\passwd", "..%5c..%5cetc%5cpasswd", "%252e%252e%252fetc",
              "/etc/passwd", "file:///etc/passwd", "..;/..;/etc", "%c0%ae%c0%ae/etc/passwd", "..%00/etc/passwd", "/proc/self/environ", "docs.html", "openapi.json%00.html", "v1/../../etc"]


def test_paths_lead_nowhere(stack, api):
    for path in TRAVERSALS:
        for base in ("/docs/", "/openapi.json/", "/", "/v1/terms/", "/.well-known/", "/.well-known/jwks.json/", "/docs", "/v1/products/"):
            status, head, body = wire.exchange(stack.gateway_url, f"GET {base}{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            assert status in (400, 404, 405, 422), (base + path, status, body[:200])
            assert b"root:" not in body and b"SECRET" not in body
        if "%" not in path:
            for query in ({"version": path[:32]}, {"locale": path}):
                assert api.get("/v1/terms", query).status in (404, 422)


def test_what_is_served_beside_the_contracts(stack, api):
    """Nothing else answers: no default pages, no files, no methods that nobody meant."""
    for path in ("/.git/config", "/.env", "/robots.txt", "/favicon.ico", "/admin", "/server-status", "/debug/pprof", "/actuator", "/v1", "/v2/products", "/api", "/internal", "/docs/index.html", "/graphql"):
        assert api.get(path).status == 404, path
    for method in ("TRACE", "CONNECT", "TRACK", "DEBUG", "PROPFIND", "PUT", "DELETE", "PATCH"):
        for path in ("/v1/products", "/docs", "/livez"):
            status, head, body = wire.exchange(stack.gateway_url, f"{method} {path} HTTP/1.1\r\nHost: a\r\nCookie: secreto=1\r\nContent-Length: 0\r\n\r\n".encode())
            assert status in (400, 405, 501) and b"secreto" not in body, (method, path, status, body)
