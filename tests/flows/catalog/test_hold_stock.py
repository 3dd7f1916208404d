"""POST /internal/reservations, by way of the orders that use it: stock is held, sold and given back."""

import datetime
import uuid

import pytest

from support.client import Api
from support.tokens import identity


@pytest.fixture
def hold(stack):
    """The operation itself, as orders calls it."""
    def call(reference, product, quantity, expires_at, expect=200):
        return Api(stack.service_urls["catalog"]).post("/internal/reservations", {
            "reference": reference, "expires_at": expires_at.isoformat(), "lines": [{"product_id": product["id"], "quantity": quantity}]},
            headers={"X-Cuotas-Identity": identity(stack.credentials["identity"], "service", "orders", "service")}, expect=expect)
    return call


def test_an_order_holds_and_a_payment_sells(shop, customer, new_product, api, database, wait_until):
    product = new_product(stock=5)
    order = shop.order(customer, product, quantity=2)
    assert api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 3
    assert database("catalog", "SELECT on_hand, held FROM stock WHERE product_id = %s", (product["id"],)) == [(5, 2)]
    payment = customer.pay(order["id"]).json
    shop.wait_payment(customer, payment["id"])
    wait_until(lambda: database("catalog", "SELECT on_hand, held FROM stock WHERE product_id = %s", (product["id"],)) == [(3, 0)], 20, "the stock sold")
    moved = database("catalog", "SELECT sum(quantity)::int FROM stock_movement WHERE product_id = %s", (product["id"],))
    assert moved == [(3,)], "stock is the sum of its movements"


def test_more_than_there_is(shop, customer, new_product):
    product = new_product(stock=2)
    cart = customer.cart((product, 3))
    reply = customer.place_order(cart["id"], shop.offers(product)[0]["id"], expect=409)
    assert reply.code == "out_of_stock" and reply.pointers == ["/lines/0/quantity"]


def test_an_expired_order_gives_back(shop, customer, new_product, api):
    product = new_product(stock=2)
    order = shop.order(customer, product, quantity=2)
    assert api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 0
    shop.advance(1)
    assert customer.order(order["id"])["status"] == "expired"
    assert api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 2


def test_a_hold_asked_for_again_lasts_as_long(hold, new_product, database):
    """Whoever comes back late to the same cart orders on the same hold: it must not end before their order does."""
    product, reference = new_product(stock=1), f"test:{uuid.uuid4()}"
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9000)   # the clock of the tests runs ahead
    later = soon + datetime.timedelta(hours=2)
    kept = "SELECT id::text, expires_at FROM reservation WHERE reference = %s"
    first = hold(reference, product, 1, soon)["reservation_id"]
    for expires_at, expected in ((later, later), (soon, later)):   # never shorter
        assert hold(reference, product, 1, expires_at)["reservation_id"] == first
        assert database("catalog", kept, (reference,)) == [(first, expected)]
    assert database("catalog", "SELECT on_hand, held FROM stock WHERE product_id = %s", (product["id"],)) == [(1, 1)]
    ends = "SELECT max(run_at) FROM job WHERE kind = 'release_reservation' AND payload ->> 'reservation_id' = %s"
    assert database("catalog", ends, (first,)) == [(later,)]


def test_a_reference_is_for_its_lines(hold, new_product, database):
    """The same cart at the same version cannot hold other lines: nothing more is held, and what is held stays."""
    product, other, reference = new_product(stock=5), new_product(stock=5), f"test:{uuid.uuid4()}"
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9000)
    hold(reference, product, 2, until)
    for lines in ((product, 1), (other, 2)):
        assert hold(reference, *lines, until, expect=409).code == "reservation_differs"
    held = "SELECT on_hand, held FROM stock WHERE product_id = %s"
    assert database("catalog", held, (product["id"],)) == [(5, 2)] and database("catalog", held, (other["id"],)) == [(5, 0)]
