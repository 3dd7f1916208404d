"""GET /v1/orders"""

import base64


def test_newest_first_page_by_page(customer, shop, new_product):
    product = new_product(stock=10)
    placed = [shop.order(customer, product)["id"] for _ in range(5)]
    page = customer.api.get("/v1/orders", {"limit": 2}, expect=200).json
    assert [order["id"] for order in page["data"]] == placed[:-3:-1]
    assert page["data"][0] == customer.order(placed[-1])
    assert [order["id"] for order in customer.api.pages("/v1/orders", {"limit": 2})] == placed[::-1]


def test_by_state(customer, shop, new_product, staff):
    product = new_product(stock=10)
    waiting = shop.order(customer, product)["id"]
    confirmed = shop.buy(customer, product)[0]["id"]
    assert [order["id"] for order in customer.api.pages("/v1/orders", {"status": "confirmed"})] == [confirmed]
    for query, expected in (({"status": "pending_payment"}, [waiting]), ({}, [confirmed, waiting])):
        assert [order["id"] for order in staff.pages("/v1/orders", {"customer_id": customer.id, **query})] == expected
    assert confirmed in [order["id"] for order in staff.pages("/v1/orders", {"status": "confirmed", "limit": 100})]
    assert staff.get("/v1/orders", {"limit": 1}, expect=200)["data"][0]["id"] >= confirmed


def test_customers_see_their_own(customer, new_customer, shop, product, api):
    shop.order(customer, product)
    other = new_customer()
    assert other.api.get("/v1/orders", expect=200).json == {"data": [], "next_cursor": None}
    assert other.api.get("/v1/orders", {"customer_id": customer.id}, expect=200)["data"] == []
    assert api.get("/v1/orders", expect=401).code == "unauthenticated"


def test_wrong_queries(customer):
    for query, pointer in (({"status": "lost"}, "query:status"), ({"limit": 0}, "query:limit"), ({"limit": 101}, "query:limit"),
                           ({"customer_id": "me"}, "query:customer_id"), ({"cursor": "!"}, "query:cursor"),
                           ({"cursor": base64.urlsafe_b64encode(b"not an id").decode()}, "query:cursor"), ({"page": 2}, "query:page")):
        reply = customer.api.get("/v1/orders", query, expect=422)
        assert pointer in reply.pointers, reply
