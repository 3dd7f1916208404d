"""GET /v1/orders/{id}/schedule"""

import uuid


def test_rows_follow_the_payments(customer, shop, new_product):
    product = new_product(price="120.00")
    order, payment = shop.buy(customer, product, offer=shop.offer(product, installments=6, deposit=True))
    schedule = shop.wait_until(
        lambda: (lambda s: s if s["paid"] == payment["amount"] else None)(customer.api.get(f"/v1/orders/{order['id']}/schedule", expect=200).json),
        30, "the deposit paid")
    rows = schedule["installments"]
    assert [row["number"] for row in rows] == list(range(7))
    assert (rows[0]["total"], rows[0]["paid"], rows[0]["status"], rows[0]["outstanding"]) == (1200, 1200, "paid", 0)
    assert all((row["paid"], row["status"]) == (0, "scheduled") for row in rows[1:])
    assert sum(row["total"] for row in rows) == schedule["total_payable"] == order["total_payable"]
    assert schedule["paid"] + schedule["outstanding"] == schedule["total_payable"]
    assert (schedule["order_id"], schedule["contract_id"], schedule["version"]) == (order["id"], order["contract_id"], 1)


def test_without_a_deposit_there_is_no_row_0(customer, shop, product):
    order = shop.order(customer, product, offer=shop.offer(product, installments=3, deposit=False))
    assert [row["number"] for row in customer.schedule(order["id"])] == [1, 2, 3]


def test_only_its_buyer_and_staff(customer, new_customer, shop, staff, api, product):
    path = f"/v1/orders/{shop.order(customer, product)['id']}/schedule"
    assert staff.get(path, expect=200).json == customer.api.get(path, expect=200).json
    assert new_customer().api.get(path, expect=404).code == "not_found"
    assert api.get(path, expect=401).code == "unauthenticated"
    assert customer.api.get(f"/v1/orders/{uuid.uuid4()}/schedule", expect=404).code == "not_found"
    assert customer.api.get("/v1/orders/x/schedule", expect=422).pointers == ["path:id"]
