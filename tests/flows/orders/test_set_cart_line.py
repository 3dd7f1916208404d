"""PUT /v1/carts/{id}/lines/{product_id}"""

import uuid

import pytest


def put(customer, cart, product, quantity, **more):
    product_id = product["id"] if isinstance(product, dict) else product
    return customer.api.request("PUT", f"/v1/carts/{cart['id']}/lines/{product_id}", {"quantity": quantity}, **more)


def test_a_quantity_is_set_and_a_line_taken_out(customer, product, new_product):
    other = new_product(price="10.00")
    cart = customer.cart((product, 5), (other, 2))
    cart = put(customer, cart, product, 2, expect=200).json
    assert [(line["product_id"], line["quantity"]) for line in cart["lines"]] == [(product["id"], 2), (other["id"], 2)]
    assert cart["total"] == 2 * product["price"] + 2000
    assert put(customer, cart, product, 2, expect=200)["lines"] == cart["lines"]
    cart = put(customer, cart, product, 0, expect=200).json
    assert [line["product_id"] for line in cart["lines"]] == [other["id"]] and cart["total"] == 2000
    assert put(customer, cart, product, 0, expect=200)["lines"] == cart["lines"]
    assert customer.api.get(f"/v1/carts/{cart['id']}", expect=200)["lines"] == cart["lines"]


def test_a_new_line_takes_the_price_of_now(customer, staff, new_product):
    product = new_product(price="10.00")
    cart = put(customer, customer.cart(), product, 3, expect=200).json
    assert [(line["quantity"], line["line_total"]) for line in cart["lines"]] == [(3, 3000)]
    staff.post("/v1/products/import", {"sku": product["sku"], "name": product["name"], "price": "11.00", "currency": "USD"}, expect=200)
    assert put(customer, cart, product, 3, expect=200)["total"] == 3300


def test_an_empty_cart_takes_any_currency(customer, product, new_product):
    cart = customer.cart((product, 1))
    pesos = new_product(currency="COP")
    assert put(customer, cart, pesos, 1, expect=422).code == "mixed_currencies"
    assert put(customer, cart, product, 0, expect=200)["currency"] is None
    assert put(customer, cart, pesos, 1, expect=200)["currency"] == "COP"


def test_what_is_refused(customer, new_customer, shop, product):
    cart = customer.cart((product, 1))
    refused = put(customer, cart, str(uuid.uuid4()), 1, expect=422)
    assert refused.code == "product_not_found" and refused.pointers == ["path:product_id"]
    assert put(new_customer(), cart, product, 0, expect=404).code == "not_found"
    customer.place_order(cart["id"], shop.offers(product)[0]["id"])
    assert put(customer, cart, product, 0, expect=409).code == "cart_already_ordered"


@pytest.mark.parametrize("quantity", [-1, 1000, "1", None])
def test_wrong_quantities(customer, product, quantity):
    assert put(customer, customer.cart(), product, quantity, expect=422).pointers == ["/quantity"]
