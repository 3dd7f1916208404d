"""PUT /v1/payment-methods/{id}/default: which method automatic payments charge."""

import uuid

import pytest

from support.sepa import new_iban


@pytest.fixture
def methods(shop, customer):
    """Two cards kept, the default first."""
    for card in ("pm_card_visa", "pm_card_mastercard"):
        made = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": card}, expect=201).json
        shop.wait_until(lambda: [each for each in customer.api.pages("/v1/payment-methods") if each["id"] == made["id"] and each["status"] == "active"], 30, "the card kept")
    return sorted(customer.api.pages("/v1/payment-methods"), key=lambda each: not each["default"])


def put(customer, method, expect=200):
    return customer.api.request("PUT", f"/v1/payment-methods/{method['id']}/default", expect=expect)


@pytest.fixture
def debtors(shop, staff):
    """Two customers with a card and a SEPA mandate: who has chosen the mandate, and who has chosen the card again while a direct debit is under way. With what of theirs is due next, by their orders."""
    def make():
        customer = shop.new_customer()
        order, _ = shop.buy(customer, shop.new_product(price="120.00", currency="EUR"))
        shop.wait_until(lambda: list(customer.api.pages("/v1/payment-methods")), 30, "the card kept")
        customer.api.post("/v1/sepa-mandates", {"iban": new_iban(), "debtor_name": "Ana Ruiz"}, expect=201)
        return customer, order, [each for each in customer.schedule(order["id"]) if each["paid"] < each["total"]][0]

    made = make(), make()
    creditor = staff.get("/v1/sepa-creditor", expect=200)
    staff.request("PUT", "/v1/sepa-creditor", json={"creditor_id": "ES23ZZZ47690558N", "name": "Cuotas SL", "iban": new_iban()}, headers={"If-Match": creditor.headers["ETag"]}, expect=200)
    customer, _, row = made[1]
    staff.post("/v1/direct-debit-batches", {"from": row["due_date"], "to": row["due_date"], "customer_id": customer.id}, key=True, expect=201)
    put(customer, next(each for each in customer.api.pages("/v1/payment-methods") if each["provider"] == "stripe"))
    return made


def test_the_other_one_is_charged(methods, debtors, shop, customer, books_agree):
    """Nothing is charged by a mandate, nor what a direct debit is under way for."""
    default, other = methods
    assert put(customer, other).json["default"] is True
    assert put(customer, other).json["default"] is True   # again: as it is
    assert {each["id"]: each["default"] for each in customer.api.pages("/v1/payment-methods")} == {default["id"]: False, other["id"]: True}
    order, _ = shop.buy(customer, shop.new_product(price="120.00"), save=False)
    row = [each for each in customer.schedule(order["id"]) if each["paid"] < each["total"]][0]
    shop.advance_to(row["due_date"])
    charged = shop.wait_until(lambda: [each for each in customer.api.pages("/v1/payments", {"order_id": order["id"]}) if each["source"] == "autopay"], 30, "the automatic payment")
    assert charged[0]["brand"] == other["brand"]
    shop.advance_to(max(each["due_date"] for _, _, each in debtors))
    for debtor, bought, _ in debtors:
        assert {each["source"] for each in debtor.api.pages("/v1/payments", {"order_id": bought["id"]})} == {"checkout"}
    books_agree()


def test_only_what_can_be_charged(shop, customer):
    refused = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_chargeDeclined"}, expect=201).json
    shop.wait_until(lambda: [each for each in customer.api.pages("/v1/payment-methods") if each["id"] == refused["id"] and each["status"] == "failed"], 30, "it refused")
    assert put(customer, refused, expect=409).code == "payment_method_not_usable"
    put(customer, {"id": str(uuid.uuid4())}, expect=404)
