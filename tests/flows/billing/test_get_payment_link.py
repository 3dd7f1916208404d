"""GET /v1/payment-links/{token}."""

import uuid


def test_what_is_owed(shop, customer, api, make_link):
    order, payment = shop.buy(customer)
    shown = api.get(make_link(order["id"], customer.id), expect=200).json
    assert (shown["order_id"], shown["currency"], shown["status"]) == (order["id"], order["currency"], "active")
    assert (shown["total"], shown["paid"], shown["outstanding"]) == (order["total_payable"], payment["amount"], order["total_payable"] - payment["amount"])
    assert shown["overdue"] == 0 and shown["payable"] == shown["installments"][1]["total"]
    assert customer.email not in str(shown) and customer.id not in str(shown)


def test_forged(shop, customer, api, make_link):
    order, _ = shop.buy(customer)
    path = make_link(order["id"], customer.id)
    payload, mac = path.rsplit("/", 1)[1].split(".")
    other = make_link(str(uuid.uuid4()), customer.id).rsplit("/", 1)[1].split(".")[0]
    for token in (f"{payload}.{mac[:-2]}AA", f"{other}.{mac}", payload, f"{payload}.", f".{mac}", f"{payload}.{mac}.", "x" * 40, customer.token[:200]):
        assert api.get(f"/v1/payment-links/{token}", expect=404).code == "not_found"


def test_of_an_order_that_is_not_that_customers(shop, customer, new_customer, api, make_link):
    order, _ = shop.buy(customer)
    assert api.get(make_link(order["id"], new_customer().id), expect=404).code == "not_found"


def test_expired(shop, customer, api, make_link):
    order, _ = shop.buy(customer)
    assert api.get(make_link(order["id"], customer.id, expires_at=1700000000), expect=410).code == "payment_link_expired"
