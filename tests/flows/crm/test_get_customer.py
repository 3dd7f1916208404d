"""GET /v1/customers/{id}."""

import uuid


def test_own_and_by_staff(customer, staff):
    own = customer.api.get(f"/v1/customers/{customer.id}", expect=200).json
    assert own == staff.get(f"/v1/customers/{customer.id}", expect=200).json
    assert own["email"] == customer.email


def test_somebody_else_does_not_exist(customer, new_customer, staff):
    assert customer.api.get(f"/v1/customers/{new_customer().id}", expect=404).code == "not_found"
    assert staff.get(f"/v1/customers/{uuid.uuid4()}", expect=404).code == "not_found"


def test_nobody(api, customer):
    reply = api.get(f"/v1/customers/{customer.id}", expect=401)
    assert reply.code == "unauthenticated" and reply.headers["WWW-Authenticate"].startswith("Bearer")
