"""GET /v1/payments/{id}."""

import uuid


def test_of_its_customer_and_of_staff(shop, customer, staff):
    _, payment = shop.buy(customer)
    found = customer.payment(payment["id"])
    assert found == staff.get(f"/v1/payments/{payment['id']}", expect=200).json
    assert found["status"] == "succeeded" and found["brand"] == "visa" and found["last4"] == "4242" and found["completed_at"]


def test_of_nobody_else(shop, customer, new_customer):
    _, payment = shop.buy(customer)
    assert new_customer().api.get(f"/v1/payments/{payment['id']}", expect=404).code == "not_found"
    assert customer.api.get(f"/v1/payments/{uuid.uuid4()}", expect=404).code == "not_found"
