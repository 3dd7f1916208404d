"""GET /openapi.json and GET /docs: one contract, rendered without anything from elsewhere."""

import re


def test_openapi_has_every_service(api):
    document = api.get("/openapi.json", expect=200).json
    assert document["openapi"].startswith("3.1")
    assert {"/v1/products", "/v1/orders", "/v1/payments", "/v1/customers", "/v1/notifications", "/v1/collections/cases", "/v1/test-clock/advance"} <= set(document["paths"])
    assert not [path for path in document["paths"] if path.startswith("/internal")]


def test_docs_load_nothing(api):
    reply = api.get("/docs", expect=200)
    page = reply.body.decode()
    assert reply.headers["Content-Type"].startswith("text/html") and "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)
    for operation in ("place_order", "create_payment", "advance_test_clock"):
        assert operation in page
