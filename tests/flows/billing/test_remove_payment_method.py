"""DELETE /v1/payment-methods/{id}: a method is given up, here and at the provider."""

import uuid

import pytest


@pytest.fixture
def methods(shop, customer):
    """Two cards kept, the default first."""
    for card in ("pm_card_visa", "pm_card_mastercard"):
        made = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": card}, expect=201).json
        shop.wait_until(lambda: [each for each in customer.api.pages("/v1/payment-methods") if each["id"] == made["id"] and each["status"] == "active"], 30, "the card kept")
    return sorted(customer.api.pages("/v1/payment-methods"), key=lambda each: not each["default"])


@pytest.fixture
def attached(database):
    """Whether the provider has it as a customer's."""
    def look(method):
        token, = database("billing", "SELECT token FROM payment_method WHERE id = %s", (method["id"],))[0]
        return database("sandbox", "SELECT body ->> 'customer' IS NOT NULL FROM object WHERE kind = 'payment_method' AND id = %s", (token,))[0][0]
    return look


def remove(api, method, expect=200):
    return api.request("DELETE", f"/v1/payment-methods/{method['id']}", expect=expect)


def test_it_is_never_charged_again(methods, attached, shop, customer, staff):
    default, other = methods
    order = shop.order(customer)
    assert attached(default)
    assert remove(customer.api, default).json == remove(staff, default).json == {**default, "default": False}
    shop.wait_until(lambda: not attached(default), 30, "it given up at the provider")
    assert {each["id"]: each["default"] for each in customer.api.pages("/v1/payment-methods")} == {other["id"]: True} and attached(other)
    assert customer.pay(order["id"], default["id"], expect=422).code == "payment_method_not_found"
    customer.api.request("PUT", f"/v1/payment-methods/{default['id']}/default", expect=404)
    remove(staff, other)
    assert list(customer.api.pages("/v1/payment-methods")) == []


def test_what_is_on_its_way_ends_first(methods, attached, shop, customer, sandbox, books_agree):
    default, _ = methods
    order = shop.order(customer)
    sandbox.plan(webhook={"delay_ms": 10000})
    payment = customer.pay(order["id"], default["id"]).json
    remove(customer.api, default)
    assert attached(default)
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    shop.wait_until(lambda: not attached(default), 60, "it given up at the provider")
    sandbox.clear()
    books_agree()


def test_refused(shop, customer):
    waiting = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_authenticationRequired"}, expect=201).json
    shop.wait_until(lambda: [each for each in customer.api.pages("/v1/payment-methods") if each["id"] == waiting["id"] and each["status"] == "requires_action"], 30, "it waiting")
    assert remove(customer.api, waiting, expect=409).code == "payment_method_being_set_up"
    remove(customer.api, {"id": str(uuid.uuid4())}, expect=404)
