"""GET /v1/orders/{id}"""

import uuid


def test_confirmed_by_its_first_payment(customer, shop, new_product):
    product = new_product(stock=4)
    order, _ = shop.buy(customer, product)
    assert order["status"] == "confirmed" and order["contract"]["status"] == "active"
    assert order["confirmed_at"] is not None and order["closed_at"] is None
    shop.wait_until(lambda: shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 3, 30, "the stock sold")


def test_settled_when_all_is_paid(customer, shop, new_product):
    order = shop.order(customer, new_product())
    payment = customer.pay(order["id"], amount=order["total_payable"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    order = shop.wait_until(lambda: (lambda o: o if o["contract"]["status"] == "settled" else None)(customer.order(order["id"])), 30, "settled")
    assert order["status"] == "confirmed" and order["contract"]["settled_at"] is not None


def test_only_its_buyer_and_staff(customer, new_customer, shop, staff, api, product):
    order = shop.order(customer, product)
    assert staff.get(f"/v1/orders/{order['id']}", expect=200).json == customer.order(order["id"])
    assert new_customer().api.get(f"/v1/orders/{order['id']}", expect=404).code == "not_found"
    assert api.get(f"/v1/orders/{order['id']}", expect=401).code == "unauthenticated"
    assert customer.api.get(f"/v1/orders/{uuid.uuid4()}", expect=404).code == "not_found"
    assert customer.api.get("/v1/orders/0", expect=422).pointers == ["path:id"]


def test_unpaid_it_expires_and_frees_its_stock(customer, shop, new_product):
    product = new_product(stock=2)
    order = shop.order(customer, product, quantity=2)
    assert shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 0
    shop.advance(1)
    order = customer.order(order["id"])
    assert (order["status"], order["contract"]["status"]) == ("expired", "terminated") and order["closed_at"] is not None
    assert {row["status"] for row in customer.schedule(order["id"])} == {"canceled"}
    assert shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"] == 2
    assert customer.pay(order["id"], expect=409).code == "order_closed"


def test_a_payment_under_way_keeps_it(customer, shop, new_product):
    """The provider took the money but its word is lost: the order's time passes while the payment is still undecided."""
    order = shop.order(customer, new_product())
    customer.pay(order["id"], "pm_sim_lostWebhook")
    shop.advance(1)
    assert shop.wait_order(customer, order["id"], "confirmed", 60)["contract"]["status"] == "active"
