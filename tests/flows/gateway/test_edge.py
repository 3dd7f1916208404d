"""What the gateway does before any service sees a request."""

import base64
import json
import uuid


def test_paths_and_methods(api):
    assert api.get("/v1/nothing-here", expect=404).code == "not_found"
    reply = api.request("DELETE", "/v1/products", expect=405)
    assert reply.code == "method_not_allowed" and "GET" in reply.headers["Allow"]
    for path in ("/internal/events", "/internal/quiet", "/internal/test-clock", "/internal/reservations"):
        assert api.get(path, expect=404).code == "not_found", "nothing internal is reachable"


def test_health(api):
    api.get("/livez", expect=200)
    api.get("/readyz", expect=200)
    text = api.get("/metrics", expect=200).body.decode()
    assert "# TYPE cuotas_http_requests_total counter" in text


def test_every_service_tells_its_health(stack, api):
    import requests
    for name, url in stack.service_urls.items():
        for path in ("/livez", "/readyz", "/metrics"):
            assert requests.get(url + path, timeout=10).status_code == 200, (name, path)


def forged(token, **changes):
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    claims.update(changes)
    return ".".join((head, base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("="), signature))


def test_forged_tokens(api, customer, new_customer):
    path = f"/v1/customers/{customer.id}"
    token = customer.token
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    for bad in (forged(token, scope="crm.read"), forged(token, exp=9999999999), none + "." + token.split(".")[1] + ".", token[:-2], token + "A", "x", "a.b.c"):
        assert api.get(path, token=bad, expect=401).code == "invalid_token"
    assert api.get(path, headers={"Authorization": "Basic YTpi"}, expect=401).code == "invalid_token"


def test_identity_headers_from_outside_are_worthless(api, customer):
    headers = {"X-Cuotas-Identity": "v1;staff;x;9999999999;;crm.read;AAAA", "X-User-Id": customer.id}
    api.get(f"/v1/customers/{customer.id}", headers=headers, expect=401)
    api.get("/v1/products", {"limit": 1}, headers=headers, expect=200)


def test_a_service_believes_no_bare_identity(stack, customer):
    import requests
    url = stack.service_urls["crm"] + f"/v1/customers/{customer.id}"
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, headers={"X-Cuotas-Identity": f"v1;staff;{uuid.uuid4()};9999999999;;crm.read;AAAA"}, timeout=10).status_code == 401
    assert requests.get(stack.service_urls["crm"] + "/internal/quiet", timeout=10).status_code == 401


def test_traces_are_kept(api):
    trace = uuid.uuid4().hex
    reply = api.get("/v1/nothing-here", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}, expect=404)
    assert reply["trace_id"] == trace


def test_a_token_in_a_path_is_not_logged(api, stack, wait_until):
    """Whoever has a payment link may pay with it."""
    secret = uuid.uuid4().hex * 3
    for method, path in (("GET", ""), ("POST", ""), ("OPTIONS", ""), ("GET", "/"), ("GET", "/x")):
        api.request(method, f"/v1/payment-links/{secret}{path}", key=True)
    last = api.get("/v1/payment-links/short", expect=422).headers["X-Request-Id"]

    def log(name):
        with open(f"{stack.log_dir}/{name}.log") as file:
            return file.read()
    for name in ("gateway", "billing"):
        wait_until(lambda: last in log(name), what=f"the request in {name}'s log")
        assert "/v1/payment-links/..." in log(name) and secret not in log(name)


def test_refusals_say_what_is_missing(api, customer):
    reply = customer.api.get("/v1/collections/cases", expect=403)
    assert "collections.read" in reply["detail"]
    reply = api.request("POST", "/v1/auth/token", data=b"\x1f\x8b", content_type="application/json", headers={"Content-Encoding": "gzip"}, expect=415)
    assert reply.code == "unsupported_media_type" and "Content-Encoding" in reply["detail"]
