"""/v1/routing-policy and /v1/payment-providers: with whom cards are collected; and where a charge goes when its provider cannot be reached."""

import os

import pytest

from deploy.stack import services
from deploy.stack.network import Port, http_status
from deploy.stack.process import Process

PATH = "/v1/routing-policy"


@pytest.fixture
def set_rules(staff):
    """The whole shop's: put back after each test."""
    def put(*rules):
        return staff.request("PUT", PATH, json={"rules": rules}, headers={"If-Match": staff.get(PATH, expect=200).headers["ETag"]}, expect=200).json
    yield put
    put()


@pytest.fixture
def offered(api):
    return lambda currency, amount=None: api.get("/v1/payment-providers", {"currency": currency, **({"amount": amount} if amount else {})}, expect=200)["providers"]


def test_the_first_rule_that_fits(set_rules, offered):
    """Mercado Pago's account is of one currency, whatever a rule says."""
    set_rules()
    assert offered("BRL") == ["stripe", "mercadopago"] and offered("UYU") == ["stripe"]
    policy = set_rules({"currency": "BRL", "amount_max": 5000, "providers": ["mercadopago"]}, {"currency": "BRL", "amount_min": 100000, "providers": ["stripe"]},
                       {"currency": "BRL", "providers": ["mercadopago", "stripe"]}, {"currency": "UYU", "providers": ["mercadopago"]})
    assert len(policy["rules"]) == 4 and policy["rules"][0] == {"currency": "BRL", "amount_max": 5000, "providers": ["mercadopago"]}
    assert [offered("BRL", amount) for amount in (5000, 5001, 99999, 100000)] == [["mercadopago"], ["mercadopago", "stripe"], ["mercadopago", "stripe"], ["stripe"]]
    assert offered("BRL") == ["mercadopago", "stripe"]   # without an amount
    assert offered("UYU") == [] and offered("CLP") == ["stripe"]
    set_rules({"providers": ["mercadopago", "stripe"]})
    assert offered("BRL") == ["mercadopago", "stripe"] and offered("CLP") == ["stripe"]


def test_what_was_read_must_be_what_is_there(set_rules, staff):
    version = set_rules({"providers": ["stripe"]})["version"]
    assert set_rules()["version"] == version + 1
    assert staff.request("PUT", PATH, json={"rules": []}, headers={"If-Match": f'"{version}"'}, expect=412).code == "precondition_failed"


@pytest.mark.parametrize("rule, pointer", [
    ({"currency": "BRL", "amount_min": 2, "amount_max": 1, "providers": ["stripe"]}, "/rules/0/amount_max"), ({"amount_min": 2, "providers": ["stripe"]}, "/rules/0/currency"),
    ({"providers": ["stripe", "stripe"]}, "/rules/0/providers"), ({"providers": ["paypal"]}, "/rules/0/providers/0"), ({"providers": []}, "/rules/0/providers"),
])
def test_wrong_rules(rule, pointer, staff):
    headers = {"If-Match": staff.get(PATH, expect=200).headers["ETag"]}
    assert staff.request("PUT", PATH, json={"rules": [rule]}, headers=headers, expect=422).pointers == [pointer]


@pytest.fixture
def without_mercadopago(stack, scratch, wait_until):
    """Billing runs, and nobody answers where Mercado Pago should be."""
    nobody = Port()
    stack.stop_one("billing")
    environment = {**services.service_environment(stack, "billing"), "MERCADOPAGO_API_BASE": nobody.url}
    process = Process("billing", [os.path.join(stack.binaries, "billing")], os.path.join(scratch, "routing-billing.log"), env=environment)
    try:
        process.start()
        wait_until(lambda: http_status(stack.service_urls["billing"] + "/readyz") == 200, 30, "billing without that provider")
        yield
    finally:
        process.stop()
        nobody.close()   # held till now, so that nobody else listens there
        stack.start_one("billing")


def pay(customer, order, first, second, expect=201):
    body = {"order_id": order["id"], "payment_method": {**first, "fallback": second}}
    return customer.api.post("/v1/payments", body, key=True, expect=expect)


STRIPE, MERCADOPAGO = {"provider": "stripe", "token": "pm_card_visa"}, {"provider": "mercadopago", "token": "mp_apro"}


def test_a_provider_that_cannot_be_reached(without_mercadopago, shop, customer, sandbox, books_agree):
    """Nothing was sent to it: the other one takes it, once."""
    order = shop.order(customer, shop.new_product(price="120.00", currency="BRL"))
    payment = shop.wait_payment(customer, pay(customer, order, MERCADOPAGO, STRIPE).json["id"], 60)
    assert (payment["status"], payment["provider"], payment["last4"]) == ("succeeded", "stripe", "4242")
    assert [charge["amount"] for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]] == [payment["amount"]]
    books_agree()


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": "after"}])
def test_a_provider_that_was_reached(fault, shop, customer, sandbox):
    """It may have charged: it is asked, and nobody else is."""
    order = shop.order(customer, shop.new_product(price="120.00", currency="BRL"))
    sandbox.plan(payment_method="pm_card_jcb", charge=fault)
    payment = shop.wait_payment(customer, pay(customer, order, {**STRIPE, "token": "pm_card_jcb"}, MERCADOPAGO).json["id"], 60)
    assert (payment["status"], payment["provider"]) == ("succeeded", "stripe")


def test_what_a_fallback_is(shop, customer):
    order = shop.order(customer)
    refused = pay(customer, order, STRIPE, {**MERCADOPAGO, "token": "4242424242424242"}, expect=422)
    assert (refused.code, refused.pointers) == ("card_number_refused", ["/payment_method/fallback/token"])
    declined = shop.wait_payment(customer, pay(customer, order, {**STRIPE, "token": "pm_card_chargeDeclined"}, MERCADOPAGO).json["id"])
    assert (declined["status"], declined["provider"]) == ("failed", "stripe")   # a decline is an answer
