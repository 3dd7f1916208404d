"""Nobody outside decides where a service connects to, or where a client is sent: a listening address is put wherever a text can stand, and nothing ever
connects to it; no answer points anywhere but here. Addresses of other hosts come from the configuration alone."""

import uuid

import pytest

from support import tokens, wire
from support.access import DOCUMENT, MAKER, OPERATIONS, fill, request

HEADERS = ("Host", "X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Proto", "X-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded", "Origin", "Referer", "From", "Via", "Contact",
           "True-Client-IP", "X-Wap-Profile", "X-Real-IP", "Callback", "Destination", "Link", "X-Callback-Url", "X-HTTP-Host-Override", "Proxy-Connection", "Upgrade")


def string_places(schema, path=()):
    schema = DOCUMENT.follow(schema)
    if schema.get("additionalProperties") is True:
        yield (*path, "webhook_url")
    for name, member in schema.get("properties", {}).items():
        kind = DOCUMENT.follow(member)
        if "enum" not in kind and "string" in str(kind.get("type", "")):
            yield (*path, name)
        yield from string_places(member, (*path, name))


def put(body, path, value):
    inner = body
    for part in path[:-1]:
        inner = inner.setdefault(part, {})
    inner[path[-1]] = value
    return body


def addresses(listener, what):
    yield from (f"{listener.url}/{what}", f"//127.0.0.1:{listener.port}/{what}", f"127.0.0.1:{listener.port}", f"x@127.0.0.1:{listener.port}", f"smtp://127.0.0.1:{listener.port}")


def test_no_text_makes_a_service_connect(stack, api, owner, staff, listener, at_rest):
    """Every string of every operation, one at a time, the rest of the request as it should be; then all jobs are waited for."""
    sent = 0
    for name, rule in OPERATIONS.items():
        caller = api if rule.public else owner.api if rule.for_customers else staff
        for path in string_places(rule.body_schema) if rule.body_schema else ():
            for address in list(addresses(listener, name))[:2 if name in ("register_customer", "create_token", "set_staff_password") else None]:
                asked = request(rule, owner.things)
                asked.json = put(asked.json, path, address)
                assert caller.request(**vars(asked)).status < 500
                sent += 1
        for parameter in rule.operation.parameters:
            for address in addresses(listener, name):
                asked = request(rule, owner.things, inert=True)
                if parameter["in"] == "query":
                    asked.query[parameter["name"]] = address
                elif parameter["in"] == "path":
                    asked.path = fill(rule.path, {parameter["name"]: address.replace("/", "%2F")})
                assert caller.request(**vars(asked)).status < 500
                sent += 1
    lines = "".join(f'{{"sku":"URL-{uuid.uuid4().hex[:12]}","name":"{address}","category":"{address}","price":"1","currency":"USD"}}\n' for address in addresses(listener, "import"))
    assert staff.request("POST", "/v1/products/import", data=lines, content_type="application/json", expect=200)["created"] == 5
    assert sent > 100
    at_rest()
    assert listener.heard == []


def test_no_header_makes_a_service_connect(stack, api, owner, staff, listener, signer, issuer):
    for name, rule in OPERATIONS.items():
        token = "" if rule.public else owner.customer.token if rule.for_customers else staff.token()
        asked = request(rule, owner.things, inert=True)
        for field in HEADERS:
            lines = [f"{asked.method} {asked.path} HTTP/1.1", *(["Host: a"] if field != "Host" else []), f"{field}: 127.0.0.1:{listener.port}", "Content-Length: 0",
                     *([f"Authorization: Bearer {token}"] if token else [])]
            status, head, body = wire.exchange(stack.gateway_url, ("\r\n".join(lines) + "\r\n\r\n").encode())
            assert status and status < 500 and f":{listener.port}" not in head, (name, field, head, body)
    for target in (f"http://127.0.0.1:{listener.port}/v1/products", f"http://x@127.0.0.1:{listener.port}/", f"127.0.0.1:{listener.port}", f"//127.0.0.1:{listener.port}/"):
        for method in ("GET", "CONNECT", "OPTIONS", "POST"):
            wire.exchange(stack.gateway_url, f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{listener.port}\r\nContent-Length: 0\r\n\r\n".encode())
    own = tokens.Signer()
    claims = tokens.claims(issuer, owner.customer.id, "customer")
    for header in ({"jku": listener.url}, {"x5u": listener.url}, {"jwk": {**own.jwk, "jku": listener.url}}, {"kid": listener.url}, {"iss": listener.url}):
        for key in (own, signer):
            api.get(f"/v1/customers/{owner.customer.id}", token=key.token({**claims, "iss": listener.url, "jku": listener.url}, **header), expect=401)
    assert listener.heard == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_answer_points_elsewhere(name, stack, api, owner, staff):
    """No redirect follows what was asked, and no answer takes its links from the Host header."""
    rule = OPERATIONS[name]
    caller = api if rule.public else owner.api if rule.for_customers else staff
    elsewhere = f"{uuid.uuid4().hex}.example"
    for query in ({}, *({each: f"https://{elsewhere}/"} for each in ("next", "redirect", "redirect_uri", "return_url", "url", "callback"))):
        asked = request(rule, owner.things, inert=not rule.method == "GET")
        asked.query = {**asked.query, **query}
        reply = caller.request(**asked.beside({"Host": elsewhere, "X-Forwarded-Host": elsewhere, "Origin": f"https://{elsewhere}", "Referer": f"https://{elsewhere}/"}))
        assert not 300 <= reply.status < 400, reply
        assert reply.headers.get("Location", "/").startswith("/") and not reply.headers.get("Location", "/").startswith("//"), reply.headers
        assert elsewhere not in str(reply.headers) and elsewhere.encode() not in reply.body, reply
        assert "Access-Control-Allow-Origin" not in reply.headers
    for path in (f"//{elsewhere}", f"//{elsewhere}/..", f"/\\{elsewhere}", f"/%2f{elsewhere}", f"/docs//{elsewhere}", f"/v1//{elsewhere}/"):
        status, head, _ = wire.exchange(stack.gateway_url, f"GET {path} HTTP/1.1\r\nHost: {elsewhere}\r\n\r\n".encode())
        assert status in (400, 404, 405) and elsewhere not in head, (path, head)


def test_what_a_customer_is_sent_to_comes_from_the_provider(shop, customer, stack):
    """The one address in an answer: the provider's page, and from there our own configured one."""
    order = shop.order(customer)
    payment = customer.pay(order["id"], "pm_card_threeDSecure2Required").json
    payment = shop.wait_payment(customer, payment["id"])
    assert payment["status"] == "requires_action" and payment["next_action"]["url"].startswith(stack.service_urls["sandbox"]), payment
