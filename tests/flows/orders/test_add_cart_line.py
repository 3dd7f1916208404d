"""POST /v1/carts/{id}/lines"""

import threading
import uuid

import pytest


def test_the_same_product_adds_up(customer, product, new_product):
    other = new_product(price="10.00")
    cart = customer.cart((product, 1), (other, 2), (product, 3))
    assert [(line["product_id"], line["quantity"]) for line in cart["lines"]] == [(product["id"], 4), (other["id"], 2)]
    line = cart["lines"][0]
    assert line["unit_price"] == product["price"] and line["line_total"] == 4 * product["price"]
    assert (line["sku"], line["name"], line["category"]) == (product["sku"], product["name"], product["category"])
    assert cart["total"] == 4 * product["price"] + 2000 and cart["currency"] == "USD"


def test_additions_at_the_same_time_all_count(customer, product):
    cart = customer.cart()
    threads = [threading.Thread(target=customer.add_line, args=(cart["id"], product, 1)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert customer.api.get(f"/v1/carts/{cart['id']}", expect=200)["lines"][0]["quantity"] == 8


def test_the_same_key_adds_once(customer, product):
    cart, key = customer.cart(), str(uuid.uuid4())
    body = {"product_id": product["id"], "quantity": 2}
    first = customer.api.post(f"/v1/carts/{cart['id']}/lines", body, key=key, expect=200)
    again = customer.api.post(f"/v1/carts/{cart['id']}/lines", body, key=key, expect=200)
    assert first.body == again.body and first["lines"][0]["quantity"] == 2


def test_a_price_is_that_of_now(customer, shop, staff, new_product):
    product = new_product(price="10.00")
    cart = customer.cart((product, 1))
    staff.post("/v1/products/import", {"sku": product["sku"], "name": product["name"], "price": "11.00", "currency": "USD"}, expect=200)
    cart = customer.add_line(cart["id"], product, 1, expect=200).json
    assert (cart["lines"][0]["unit_price"], cart["total"]) == (1100, 2200)


def test_one_currency(customer, product, new_product):
    cart = customer.cart((product, 1))
    assert customer.add_line(cart["id"], new_product(currency="COP"), 1, expect=422).code == "mixed_currencies"


def test_unknown_products(customer):
    reply = customer.add_line(customer.cart()["id"], str(uuid.uuid4()), 1, expect=422)
    assert reply.code == "product_not_found" and reply.pointers == ["/product_id"]


def test_too_many_units(customer, product):
    cart = customer.cart((product, 999))
    assert customer.add_line(cart["id"], product, 1, expect=422).code == "quantity_too_large"


def test_too_many_lines(customer, catalog, shop):
    products = shop.api.get("/v1/products", {"limit": 100}, expect=200)
    more = shop.api.get("/v1/products", {"limit": 1, "cursor": products["next_cursor"]}, expect=200)["data"]
    cart = customer.cart(*((each, 1) for each in products["data"]))
    assert len(cart["lines"]) == 100
    assert customer.add_line(cart["id"], more[0], 1, expect=409).code == "cart_full"
    assert customer.add_line(cart["id"], products["data"][0], 1, expect=200)["lines"][0]["quantity"] == 2


def test_too_large_a_total(customer, new_product):
    dear = new_product(price="90000000000000.00")
    cart = customer.cart((dear, 1))
    assert customer.add_line(cart["id"], dear, 1, expect=422).code == "cart_total_too_large"


def test_another_customers_cart(customer, new_customer, product, staff):
    cart = customer.cart()
    assert new_customer().add_line(cart["id"], product, 1, expect=404).code == "not_found"
    assert staff.post(f"/v1/carts/{cart['id']}/lines", {"product_id": product["id"], "quantity": 1}, expect=403).code == "forbidden"


def test_an_ordered_cart(customer, shop, product):
    cart = customer.cart((product, 1))
    customer.place_order(cart["id"], shop.offers(product)[0]["id"])
    assert customer.add_line(cart["id"], product, 1, expect=409).code == "cart_already_ordered"


@pytest.mark.parametrize("quantity", [0, -1, 1000, "1", 1.5, None])
def test_wrong_quantities(customer, product, quantity):
    reply = customer.api.post(f"/v1/carts/{customer.cart()['id']}/lines", {"product_id": product["id"], "quantity": quantity}, expect=422)
    assert reply.pointers == ["/quantity"]
