"""POST /v1/carts"""

import uuid


def test_an_empty_cart(customer):
    reply = customer.api.post("/v1/carts", {}, expect=201)
    cart = reply.json
    assert (cart["status"], cart["lines"], cart["total"], cart["currency"]) == ("open", [], 0, None)
    assert cart["customer_id"] == customer.id
    assert reply.headers["Location"] == f"/v1/carts/{cart['id']}"
    assert customer.api.get(f"/v1/carts/{cart['id']}", expect=200).json == cart


def test_without_a_body(customer):
    customer.api.post("/v1/carts", expect=201)


def test_the_same_key_makes_one(customer):
    key = str(uuid.uuid4())
    first = customer.api.post("/v1/carts", {}, key=key, expect=201)
    again = customer.api.post("/v1/carts", {}, key=key, expect=201)
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true"


def test_only_customers(api, staff):
    assert api.post("/v1/carts", {}, expect=401).code == "unauthenticated"
    assert staff.post("/v1/carts", {}, expect=403).code == "forbidden"


def test_what_it_does_not_know(customer):
    assert customer.api.post("/v1/carts", {"total": 5}, expect=422).pointers == ["/total"]
