"""GET /v1/products/{id}."""

import uuid


def test_one(api, product):
    found = api.get(f"/v1/products/{product['id']}", expect=200).json
    assert found == product
    assert set(found) == {"id", "sku", "name", "kind", "category", "subcategory", "price", "currency", "status", "available"}


def test_none(api):
    assert api.get(f"/v1/products/{uuid.uuid4()}", expect=404).code == "not_found"


def test_not_an_id(api):
    reply = api.get("/v1/products/42", expect=422)
    assert reply.code == "validation_failed" and reply.pointers == ["path:id"]
