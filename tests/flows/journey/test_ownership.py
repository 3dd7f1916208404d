"""What belongs to somebody else does not exist: 404 for every resource, on reading and on using it."""

import uuid

import pytest


@pytest.fixture(scope="module")
def belongings(shop):
    """A customer with one of everything."""
    owner = shop.new_customer()
    order, payment = shop.buy(owner)
    return {"owner": owner, "cart": owner.cart((shop.new_product(), 1)), "order": order, "payment": payment,
            "unpaid": shop.order(owner)}


READS = {
    "cart": lambda b: f"/v1/carts/{b['cart']['id']}",
    "order": lambda b: f"/v1/orders/{b['order']['id']}",
    "schedule": lambda b: f"/v1/orders/{b['order']['id']}/schedule",
    "payment": lambda b: f"/v1/payments/{b['payment']['id']}",
    "customer": lambda b: f"/v1/customers/{b['owner'].id}",
    "timeline": lambda b: f"/v1/customers/{b['owner'].id}/timeline",
    "statement": lambda b: f"/v1/customers/{b['owner'].id}/statement",
}


@pytest.mark.parametrize("what", READS)
def test_reading(what, belongings, new_customer):
    path = READS[what](belongings)
    belongings["owner"].api.get(path, expect=200)
    reply = new_customer().api.get(path, expect=404)
    assert reply.code == "not_found"
    # Word for word what somebody gets who asks for what never existed: no difference to learn from.
    nothing = new_customer().api.get(path.replace(path.split("/")[3], str(uuid.uuid4())), expect=404)
    assert {**reply.json, "trace_id": None} == {**nothing.json, "trace_id": None}


@pytest.mark.parametrize("what", READS)
def test_reading_as_nobody(what, belongings, api):
    assert api.get(READS[what](belongings), expect=401).headers["WWW-Authenticate"].startswith("Bearer")


LISTS = {
    "payments": lambda b: ("/v1/payments", {"order_id": b["order"]["id"]}),
    "invoices": lambda b: ("/v1/invoices", {"order_id": b["order"]["id"]}),
    "payment_methods": lambda b: ("/v1/payment-methods", {"customer_id": b["owner"].id}),
    "notifications": lambda b: ("/v1/notifications", {"customer_id": b["owner"].id}),
}


@pytest.mark.parametrize("what", LISTS)
def test_lists(what, belongings, new_customer):
    """A list about what is not theirs is a 404 or empty, and never somebody else's."""
    path, query = LISTS[what](belongings)
    assert belongings["owner"].api.get(path, query, expect=200)["data"]
    reply = new_customer().api.get(path, query, expect=(200, 404))
    assert reply.status == 404 or reply["data"] == []


def test_own_lists_hold_only_ones_own(belongings, new_customer, shop):
    other = new_customer()
    order = shop.order(other)
    assert [each["id"] for each in other.api.get("/v1/orders", expect=200)["data"]] == [order["id"]]
    assert order["id"] not in [each["id"] for each in belongings["owner"].api.pages("/v1/orders")]


def test_using_anothers_cart(belongings, new_customer, new_product, shop):
    other, product = new_customer(), new_product()
    cart_id = belongings["cart"]["id"]
    assert other.add_line(cart_id, product, 1, expect=404).code == "not_found"
    offer = shop.offers(product)[0]
    assert other.place_order(cart_id, offer["id"], expect=404).code == "not_found"
    assert len(belongings["owner"].api.get(f"/v1/carts/{cart_id}", expect=200)["lines"]) == 1


def test_paying_anothers_order(belongings, new_customer):
    other = new_customer()
    assert other.pay(belongings["unpaid"]["id"], expect=404).code == "not_found"
    assert list(belongings["owner"].api.pages("/v1/payments", {"order_id": belongings["unpaid"]["id"]})) == []


def test_paying_with_anothers_saved_card(belongings, new_customer, shop):
    method = belongings["owner"].api.get("/v1/payment-methods", expect=200)["data"][0]
    other = new_customer()
    order = shop.order(other)
    assert other.pay(order["id"], method["id"], expect=422).code == "payment_method_not_found"


@pytest.mark.parametrize("call", [
    ("POST", "/v1/products/import"), ("GET", "/v1/collections/cases"), ("GET", f"/v1/collections/cases/{uuid.uuid4()}"),
    ("POST", "/v1/test-clock/advance"), ("GET", "/v1/test-clock"),
])
def test_staff_only(call, customer):
    method, path = call
    reply = customer.api.request(method, path, json={"days": 1} if method == "POST" else None, expect=403)
    assert reply.code == "forbidden"


@pytest.mark.parametrize("path", ["/internal/events", "/internal/quiet", "/internal/test-clock", "/internal/dead-letters", "/internal/reservations"])
def test_internal_paths_are_not_there_from_outside(path, api, staff):
    assert api.get(path).status == 404
    assert staff.get(path).status == 404


def test_a_forged_identity_is_not_believed(belongings, api, stack):
    """The header the gateway passes on is stripped from outside, and services refuse one that is not signed."""
    forged = {"X-Cuotas-Identity": "v1.eyJrIjoic3RhZmYiLCJzIjoiYSIsImMiOlsib3JkZXJzLnJlYWQiXX0.AAAA"}
    path = READS["order"](belongings)
    assert api.get(path, headers=forged, expect=401)
    direct = api.__class__(stack.service_urls["orders"])
    assert direct.get(path, headers=forged, expect=401)
    assert direct.get(path, expect=401)
