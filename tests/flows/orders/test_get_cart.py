"""GET /v1/carts/{id}"""

import uuid


def test_mine_and_what_staff_sees(customer, staff, product):
    cart = customer.cart((product, 2))
    assert customer.api.get(f"/v1/carts/{cart['id']}", expect=200).json == cart
    assert staff.get(f"/v1/carts/{cart['id']}", expect=200).json == cart


def test_another_customers_does_not_exist(customer, new_customer, api):
    cart = customer.cart()
    other = new_customer()
    assert other.api.get(f"/v1/carts/{cart['id']}", expect=404).code == "not_found"
    assert api.get(f"/v1/carts/{cart['id']}", expect=401).code == "unauthenticated"
    assert customer.api.get(f"/v1/carts/{uuid.uuid4()}", expect=404).code == "not_found"
    assert customer.api.get("/v1/carts/x", expect=422).pointers == ["path:id"]
