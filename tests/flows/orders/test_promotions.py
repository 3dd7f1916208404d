"""Promotions: made in the catalog, put into carts, priced and counted when an order is placed, given back when it expires."""

import threading
import uuid

import pytest


@pytest.fixture
def promotion(staff):
    def make(**members):
        body = {"code": f"T-{uuid.uuid4().hex[:10]}", "type": "percent", "value": "0.10", **members}
        return staff.post("/v1/promotions", {name: value for name, value in body.items() if value is not None}, expect=201).json
    return make


def put(customer, cart, code, expect=200):
    return customer.api.request("PUT", f"/v1/carts/{cart['id']}/promotion", {"code": code} if code else {}, expect=expect)


def used(staff, promotion):
    return staff.get(f"/v1/promotions/{promotion['id']}", expect=200)["used"]


def test_what_it_takes_off_is_rounded_once_and_adds_up(customer, shop, staff, new_product, promotion):
    """10 % of 3 x 33.33 + 0.05: 1000.4 is 1000, whatever the lines are."""
    one, two = new_product(price="33.33"), new_product(price="0.05")
    code = promotion()
    cart = customer.cart((one, 3), (two, 1))
    cart = put(customer, cart, code["code"].lower()).json
    assert (cart["promotion_code"], cart["discount"], cart["total"]) == (code["code"], 1000, 9004)
    assert [line["line_total"] + line.get("discount", 0) for line in cart["lines"]] == [9999, 5]
    cart = customer.api.request("PUT", f"/v1/carts/{cart['id']}/lines/{one['id']}", {"quantity": 1}, expect=200).json
    assert cart["discount"] == 334 and cart["total"] == 3338 - 334
    offer = customer.api.get(f"/v1/carts/{cart['id']}/offers", expect=200)["data"][0]
    order = customer.place_order(cart["id"], offer["id"])
    assert order["goods_total"] == cart["total"] and order["total_payable"] == offer["total_payable"]
    assert order["lines"] == cart["lines"] == customer.order(order["id"])["lines"]
    assert used(staff, code) == 1


def test_of_some_products_and_amounts(customer, new_product, promotion):
    category = f"Promo-{uuid.uuid4().hex[:8]}"
    there, other, named = new_product(price="10.00", category=category), new_product(price="20.00"), new_product(price="30.00")
    cart = customer.cart((there, 1), (other, 1), (named, 1))
    some = promotion(type="fixed", value=None, amount=5000, currency="USD", products=[named["id"]], categories=[category])
    cart = put(customer, cart, some["code"]).json
    assert [line.get("discount") for line in cart["lines"]] == [1000, None, 3000]   # no more than they cost
    dear = promotion(min_amount=6001, currency="USD")
    assert put(customer, cart, dear["code"])["discount"] == 0
    assert customer.add_line(cart["id"], other, 1, expect=200)["discount"] == 800
    pesos = promotion(type="fixed", value=None, amount=100, currency="COP")
    assert put(customer, cart, pesos["code"])["discount"] == 0
    cart = put(customer, cart, None).json
    assert (cart["promotion_code"], cart["discount"], cart["total"]) == (None, 0, 8000)


def test_the_catalog_and_orders_say_the_same(database):
    [(here,)], [(there,)] = (database(service, "SELECT prosrc FROM pg_proc WHERE proname = 'promotion_applied'") for service in ("orders", "catalog"))
    assert here == there


def test_codes_that_cannot_be_used(customer, new_customer, shop, staff, product, promotion):
    cart = customer.cart((product, 1))
    assert put(customer, cart, "no-such-code", expect=422).code == "promotion_not_found"
    late = promotion(valid_from="2199-01-01T00:00:00Z")
    assert put(customer, cart, late["code"], expect=409).code == "promotion_not_valid"
    once = promotion(max_uses_per_customer=1)
    put(customer, cart, once["code"])
    second = customer.cart((product, 1))
    put(customer, second, once["code"])
    offer = shop.offers(product)[0]
    customer.place_order(cart["id"], offer["id"])
    assert customer.place_order(second["id"], offer["id"], expect=409).code == "promotion_used_up"
    assert put(customer, customer.cart((product, 1)), once["code"], expect=409).code == "promotion_used_up"
    assert put(customer, cart, None, expect=409).code == "cart_already_ordered"
    assert put(new_customer(), second, once["code"], expect=404).code == "not_found"
    put(customer, second, None)
    customer.place_order(second["id"], offer["id"])
    assert used(staff, once) == 1


def test_an_order_that_expires_gives_its_use_back(customer, shop, staff, new_product, promotion):
    product, code = new_product(stock=5), promotion(max_uses=1)
    carts = [put(customer, customer.cart((product, 1)), code["code"]).json for _ in range(2)]
    offer, key = shop.offers(product)[0], str(uuid.uuid4())
    order = customer.place_order(carts[0]["id"], offer["id"], key=key)
    assert customer.place_order(carts[0]["id"], offer["id"], key=key).body == order.body and used(staff, code) == 1
    assert customer.place_order(carts[1]["id"], offer["id"], expect=409).code == "promotion_used_up"
    shop.advance(1)
    shop.wait_order(customer, order["id"], "expired")
    assert used(staff, code) == 0
    order = customer.place_order(carts[1]["id"], offer["id"])
    payment = shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
    assert payment["status"] == "succeeded"
    shop.wait_order(customer, order["id"], "confirmed")
    shop.advance(1)
    assert used(staff, code) == 1


def test_twenty_buyers_and_the_last_use(new_customer, shop, staff, new_product, promotion):
    product, code = new_product(stock=50), promotion(max_uses=1)
    offer, replies = shop.offers(product)[0], []
    buyers = [new_customer() for _ in range(20)]
    carts = [put(buyer, buyer.cart((product, 1)), code["code"]).json for buyer in buyers]
    threads = [threading.Thread(target=lambda buyer=buyer, cart=cart: replies.append(buyer.place_order(cart["id"], offer["id"], expect=None)))
               for buyer, cart in zip(buyers, carts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201] + [409] * 19
    assert {reply.code for reply in replies if reply.status == 409} == {"promotion_used_up"}
    assert used(staff, code) == 1
    assert shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 49


@pytest.mark.parametrize("change, pointer", [
    ({"value": None}, "/value"), ({"value": "0"}, "/value"), ({"value": "1.01"}, "/value"), ({"amount": 5}, "/amount"), ({"code": "A B"}, "/code"),
    ({"type": "fixed", "value": None}, "/amount"), ({"type": "fixed", "value": None, "amount": 5}, "/currency"), ({"min_amount": 5}, "/currency"),
    ({"valid_from": "2027-01-02T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}, "/valid_until")])
def test_what_does_not_fit_together(staff, change, pointer):
    body = {"code": "T-WRONG", "type": "percent", "value": "0.10", **change}
    refused = staff.post("/v1/promotions", {name: value for name, value in body.items() if value is not None}, expect=422)
    assert pointer in refused.pointers


def test_reading_them(staff, customer, promotion):
    one = promotion(max_uses=3)
    assert staff.get(f"/v1/promotions/{one['id']}", expect=200).json == one
    assert next(iter(staff.pages("/v1/promotions", {"limit": 2}))) == one
    assert staff.post("/v1/promotions", {"code": one["code"].lower(), "type": "percent", "value": "0.2"}, expect=409).code == "promotion_exists"
    assert customer.api.get("/v1/promotions", expect=403).code == "forbidden"
    assert staff.get(f"/v1/promotions/{uuid.uuid4()}", expect=404).code == "not_found"
