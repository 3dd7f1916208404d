"""/v1/guest-carts: filled without a log-in, taken over after it."""

import threading

import pytest


@pytest.fixture
def guest(api):
    class Guest:
        def __init__(self):
            made = api.post("/v1/guest-carts", expect=201).json
            self.token, self.cart = made["token"], made["cart"]

        def put(self, product, quantity, expect=200):
            return api.request("PUT", f"/v1/guest-carts/{self.token}/lines/{product['id']}", {"quantity": quantity}, expect=expect)

        def get(self, expect=200):
            return api.get(f"/v1/guest-carts/{self.token}", expect=expect)

        def merge(self, customer, expect=200, key=None, **body):
            return customer.api.post(f"/v1/guest-carts/{self.token}/merge", body, key=key, expect=expect)
    return Guest


def test_a_guest_fills_a_cart(guest, product, new_product):
    one = guest()
    assert (one.cart["customer_id"], one.cart["status"], one.cart["lines"]) == (None, "open", [])
    cart = one.put(product, 2).json
    assert cart["total"] == 2 * product["price"] and one.get().json == cart
    assert one.put(new_product(currency="COP"), 1, expect=422).code == "mixed_currencies"
    assert one.put(product, 0).json["lines"] == []


def test_only_the_token_lets_in(guest, customer, api, product):
    one = guest()
    one.put(product, 1)
    assert customer.api.get(f"/v1/carts/{one.cart['id']}", expect=404).code == "not_found"
    assert customer.add_line(one.cart["id"], product, 1, expect=404).code == "not_found"
    for token in (one.token[:-2] + ("AA" if one.token[-2:] != "AA" else "BB"), one.cart["id"], "x"):
        assert api.get(f"/v1/guest-carts/{token}", expect=404).code == "not_found"
        assert customer.api.post(f"/v1/guest-carts/{token}/merge", {}, expect=404).code == "not_found"
    assert api.post(f"/v1/guest-carts/{one.token}/merge", {}, expect=401).code == "unauthenticated"
    # The token of another purpose, or of a customer's cart, is none.
    mine = customer.cart()
    assert api.get(f"/v1/guest-carts/{mine['id']}", expect=404).code == "not_found"


def test_it_becomes_the_customers_own(guest, customer, new_customer, shop, product):
    one = guest()
    one.put(product, 1)
    cart = one.merge(customer).json
    assert (cart["id"], cart["customer_id"], cart["total"]) == (one.cart["id"], customer.id, product["price"])
    assert one.merge(customer).json["id"] == cart["id"]                   # again
    assert one.get(expect=404).code == "not_found"                        # the token is of no use any more
    assert one.put(product, 5, expect=404).code == "not_found"
    assert one.merge(new_customer(), expect=404).code == "not_found"
    assert customer.place_order(cart["id"], shop.offers(product)[0]["id"])["goods_total"] == product["price"]


def test_its_lines_are_added_to_a_cart_there_is(guest, customer, new_customer, product, new_product):
    other = new_product(price="10.00")
    mine, one = customer.cart((product, 1)), guest()
    one.put(product, 2)
    one.put(other, 3)
    cart = one.merge(customer, cart_id=mine["id"], key="once").json
    assert [(line["product_id"], line["quantity"]) for line in cart["lines"]] == [(product["id"], 3), (other["id"], 3)]
    assert cart["total"] == 3 * product["price"] + 3000
    assert one.merge(customer, cart_id=mine["id"]).json == cart           # again: nothing is added twice
    left = one.get().json
    assert (left["status"], left["lines"]) == ("merged", [])
    assert one.put(product, 1, expect=409).code == "cart_merged"
    assert one.merge(customer, cart_id=customer.cart()["id"], expect=409).code == "cart_merged"
    assert one.merge(new_customer(), expect=409).code == "cart_merged"


def test_what_a_merge_refuses(guest, customer, new_customer, shop, product, new_product):
    one = guest()
    one.put(product, 999)
    mine = customer.cart((product, 1))
    assert one.merge(customer, cart_id=mine["id"], expect=422).code == "quantity_too_large"
    assert one.merge(customer, cart_id=new_customer().cart()["id"], expect=404).code == "not_found"
    assert one.merge(customer, cart_id=customer.cart((new_product(currency="COP"), 1))["id"], expect=422).code == "mixed_currencies"
    customer.place_order(mine["id"], shop.offers(product)[0]["id"])
    assert one.merge(customer, cart_id=mine["id"], expect=409).code == "cart_already_ordered"
    assert one.get().json["lines"][0]["quantity"] == 999


def test_merges_at_the_same_time_add_once(guest, customer, product):
    one, carts = guest(), [customer.cart() for _ in range(6)]
    one.put(product, 1)
    replies = []
    threads = [threading.Thread(target=lambda cart=cart: replies.append(one.merge(customer, cart_id=cart["id"], expect=None))) for cart in carts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [200] + [409] * 5
    units = [sum(line["quantity"] for line in customer.api.get(f"/v1/carts/{cart['id']}", expect=200)["lines"]) for cart in carts]
    assert sorted(units) == [0] * 5 + [1]


@pytest.mark.last
def test_they_end(guest, shop, customer, product):
    one, late, empty, emptied = (guest() for _ in range(4))
    for each in (one, late, emptied):
        each.put(product, 1)
    emptied.put(product, 0)
    mine = customer.cart((product, 1))
    shop.advance(2)
    assert empty.get(expect=404).code == emptied.get(expect=404).code == "not_found" and one.get()["status"] == "open"   # nothing in it: a day
    shop.advance(27)
    late.put(product, 1)
    shop.advance(2)
    assert one.get(expect=404).code == "not_found" and late.get()["status"] == "open"
    assert customer.api.get(f"/v1/carts/{mine['id']}", expect=200)["status"] == "expired"
    shop.advance(30)
    assert customer.api.get(f"/v1/carts/{mine['id']}", expect=404).code == "not_found"
    assert late.get(expect=404).code == "not_found"
