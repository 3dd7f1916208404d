"""POST /v1/orders: a cart becomes an order, its contract, its schedule and its evidence, once."""

import contextlib
import threading
import uuid

import psycopg2
import pytest


def test_the_order_and_its_contract(customer, shop, new_product):
    product = new_product(stock=5, price="120.00")
    offer = shop.offer(product, installments=12, deposit=True)
    cart = customer.cart((product, 2))
    reply = customer.place_order(cart["id"], offer["id"])
    order, contract = reply.json, reply["contract"]
    assert reply.headers["Location"] == f"/v1/orders/{order['id']}"
    assert (order["status"], order["customer_id"], order["cart_id"]) == ("pending_payment", customer.id, cart["id"])
    assert (order["currency"], order["goods_total"]) == ("USD", 24000)
    assert order["lines"] == cart["lines"]
    assert (contract["id"], contract["status"], contract["offer_id"]) == (order["contract_id"], "pending_signature", offer["id"])
    assert contract["deposit"] == 4800 and contract["amount_financed"] == 19200
    assert order["total_payable"] == contract["total_payable"] > 24000
    acceptance = contract["acceptance"]
    assert acceptance["terms_sha256"] == shop.api.get("/v1/terms", expect=200)["sha256"]
    assert (acceptance["terms_version"], acceptance["locale"], acceptance["accepted_by"]) == ("v1", "es", customer.id)
    assert acceptance["ip"] == "127.0.0.1" and acceptance["accepted_at"] == order["created_at"] < order["expires_at"]
    assert customer.order(order["id"]) == order
    cart = customer.api.get(f"/v1/carts/{cart['id']}", expect=200).json
    assert (cart["status"], cart["order_id"]) == ("ordered", order["id"])
    assert shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 3


def test_the_agreed_terms_compute_the_agreed_schedule(customer, shop, product):
    order = shop.order(customer, product, offer=shop.offer(product, installments=12))
    simulated = shop.api.post("/v1/simulations", order["contract"]["plan"], expect=200).json
    agreed = customer.schedule(order["id"])
    assert agreed[0]["number"] == 0 and agreed[0]["total"] == simulated["deposit"] == order["contract"]["deposit"]
    assert [{name: row[name] for name in simulated["installments"][0]} for row in agreed[1:]] == simulated["installments"]


def test_english_terms_are_another_text(customer, shop, product):
    order = shop.order(customer, product, locale="en")
    assert order["contract"]["acceptance"]["terms_sha256"] == shop.api.get("/v1/terms", {"locale": "en"}, expect=200)["sha256"]


def test_the_same_key_orders_once(customer, shop, product):
    cart, offer, key = customer.cart((product, 1)), shop.offers(product)[0], str(uuid.uuid4())
    first = customer.place_order(cart["id"], offer["id"], key=key)
    again = customer.place_order(cart["id"], offer["id"], key=key)
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true"
    other = customer.place_order(cart["id"], offer["id"], key=key, locale="en", expect=422)
    assert other.code == "idempotency_key_reused"
    assert customer.place_order(cart["id"], offer["id"], expect=409).code == "cart_already_ordered"
    assert customer.place_order(cart["id"], offer["id"], key=None, expect=400).code == "idempotency_key_missing"


def test_an_empty_cart(customer, shop, product):
    assert customer.place_order(customer.cart()["id"], shop.offers(product)[0]["id"], expect=409).code == "cart_empty"


def test_terms_must_be_accepted(customer, shop, product):
    cart, offer = customer.cart((product, 1)), shop.offers(product)[0]
    refused = customer.place_order(cart["id"], offer["id"], terms_accepted=False, expect=422)
    assert refused.code == "terms_not_accepted" and refused.pointers == ["/terms_accepted"]
    refused = customer.place_order(cart["id"], offer["id"], terms_version="v0", expect=422)
    assert refused.code == "terms_version_unknown" and "v1" in refused["detail"]
    assert customer.place_order(cart["id"], offer["id"], locale="pt", expect=422).pointers == ["/locale"]
    customer.place_order(cart["id"], offer["id"])


def test_offers_are_for_amounts(customer, shop, product, new_product):
    weekly = next(offer for offer in shop.offers(product) if offer["frequency"]["unit"] == "week")
    cart = customer.cart((new_product(price="2.00"), 1))
    assert customer.place_order(cart["id"], weekly["id"], expect=409).code == "offer_not_available"
    assert customer.place_order(cart["id"], str(uuid.uuid4()), expect=422).code == "offer_not_found"


def test_out_of_stock(customer, shop, new_product):
    product = new_product(stock=1)
    cart = customer.cart((product, 2))
    assert customer.place_order(cart["id"], shop.offers(product)[0]["id"], expect=409).code == "out_of_stock"
    assert shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 1


def test_a_price_that_changed_is_asked_again(customer, shop, staff, new_product):
    product = new_product(stock=1, price="10.00")
    cart = customer.cart((product, 1))
    offer = shop.offers(product)[0]
    staff.post("/v1/products/import", {"sku": product["sku"], "name": product["name"], "price": "12.00", "currency": "USD", "stock": 1}, expect=200)
    assert customer.place_order(cart["id"], offer["id"], expect=409).code == "price_changed"
    assert customer.api.get(f"/v1/carts/{cart['id']}", expect=200)["total"] == 1200
    assert customer.place_order(cart["id"], offer["id"])["goods_total"] == 1200   # the stock held at first is still for this cart


def test_a_cart_that_changes_meanwhile(customer, shop, stack, new_product, wait_until, database):
    """A line is added while the catalog holds the stock of what was read: nothing is ordered that the buyer did not see."""
    product, more = new_product(price="10.00"), new_product(price="20.00")
    cart, offer, replies = customer.cart((product, 1)), shop.offers(product)[0], []
    with contextlib.closing(psycopg2.connect(stack.database_url("catalog"))) as holder:
        holder.cursor().execute("SELECT FROM stock WHERE product_id = %s FOR UPDATE", (product["id"],))
        order = threading.Thread(target=lambda: replies.append(customer.place_order(cart["id"], offer["id"], expect=None)))
        order.start()
        wait_until(lambda: database("catalog", "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"), 10, "the hold that waits")
        customer.add_line(cart["id"], more, 1, expect=200)
        holder.rollback()
        order.join()
    assert (replies[0].status, replies[0].code) == (409, "cart_changed")
    assert customer.place_order(cart["id"], offer["id"])["goods_total"] == 3000


def test_an_expired_cart(customer, shop, new_product):
    """A cart ends 30 days after it was last touched."""
    product = new_product()
    cart, offer = customer.cart((product, 1)), shop.offers(product)[0]
    shop.advance(31)
    assert customer.place_order(cart["id"], offer["id"], expect=409).code == "cart_expired"
    assert customer.add_line(cart["id"], product, 1, expect=409).code == "cart_expired"


def test_another_customers_cart(customer, new_customer, shop, product, staff):
    cart, offer = customer.cart((product, 1)), shop.offers(product)[0]
    assert new_customer().place_order(cart["id"], offer["id"], expect=404).code == "not_found"
    body = {"cart_id": cart["id"], "offer_id": offer["id"], "terms_version": "v1", "terms_accepted": True}
    assert staff.post("/v1/orders", body, key=True, expect=403).code == "forbidden"
    assert shop.api.post("/v1/orders", body, key=True, expect=401).code == "unauthenticated"


@pytest.mark.parametrize("change, pointer", [
    ({"cart_id": "7"}, "/cart_id"), ({"offer_id": None}, "/offer_id"), ({"terms_accepted": "yes"}, "/terms_accepted"),
    ({"terms_version": ""}, "/terms_version"), ({"coupon": "X"}, "/coupon")])
def test_wrong_bodies(customer, change, pointer):
    body = {"cart_id": str(uuid.uuid4()), "offer_id": str(uuid.uuid4()), "terms_version": "v1", "terms_accepted": True, **change}
    assert customer.api.post("/v1/orders", body, key=True, expect=422).pointers == [pointer]
