"""GET /v1/payments/{id}/receipt: what was received, and what it paid."""

import uuid


def test_what_it_paid(shop, customer, staff):
    product = shop.new_product(price="1200.00")
    offer = shop.offer(product, installments=12)
    order, first = shop.buy(customer, product, offer=offer)
    rows = {row["number"]: row for row in customer.schedule(order["id"])}
    deposit = customer.api.get(f"/v1/payments/{first['id']}/receipt", expect=200).json
    assert (deposit["amount"], deposit["currency"], deposit["last4"], deposit["excess"]) == (first["amount"], "USD", "4242", 0)
    assert deposit["payer"]["name"] == customer.body["full_name"] and deposit["seller"]["name"] == "Cuotas"
    assert deposit["invoice"] == shop.invoices(customer, order["id"])[0]["number"]
    amount = rows[1]["total"] + 100
    second = customer.pay(order["id"], amount=amount).json
    shop.wait_payment(customer, second["id"])
    receipt = staff.get(f"/v1/payments/{second['id']}/receipt", expect=200).json
    assert [(each["number"], each["due_date"], each["amount"]) for each in receipt["allocations"]] == [(1, rows[1]["due_date"], rows[1]["total"]), (2, rows[2]["due_date"], 100)]
    assert {part["part"]: part["amount"] for part in receipt["allocations"][0]["parts"]} == {"interest": rows[1]["interest"], "principal": rows[1]["principal"]}
    assert all(sum(part["amount"] for part in each["parts"]) == each["amount"] for each in receipt["allocations"])


def test_not_received(shop, customer):
    order = shop.order(customer)
    declined = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_chargeDeclined").json["id"])
    assert customer.api.get(f"/v1/payments/{declined['id']}/receipt", expect=409).code == "payment_not_made"


def test_others(shop, customer, new_customer):
    _, payment = shop.buy(customer)
    new_customer().api.get(f"/v1/payments/{payment['id']}/receipt", expect=404)
    customer.api.get(f"/v1/payments/{uuid.uuid4()}/receipt", expect=404)
