"""POST /v1/payment-methods: kept for automatic payments."""

import uuid

import pytest


def settled(shop, customer, method_id):
    def ready():
        methods = customer.api.get("/v1/payment-methods", expect=200)["data"]
        return next((each for each in methods if each["id"] == method_id and each["status"] != "processing"), None)
    return shop.wait_until(ready, 30, "the method set up")


def save(customer, token, expect=201, **options):
    return customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": token}, expect=expect, **options)


def test_saved(shop, customer):
    method = save(customer, "pm_card_visa").json
    assert method["status"] == "processing" and method["customer_id"] == customer.id and not method["default"]
    method = settled(shop, customer, method["id"])
    assert (method["status"], method["brand"], method["last4"], method["default"]) == ("active", "visa", "4242", True)
    assert method["exp_month"] and method["exp_year"]


def test_the_last_one_is_the_default(shop, customer):
    first = settled(shop, customer, save(customer, "pm_card_visa").json["id"])
    second = settled(shop, customer, save(customer, "pm_card_mastercard").json["id"])
    methods = customer.api.get("/v1/payment-methods", expect=200)["data"]
    assert [(each["id"], each["default"]) for each in methods] == [(second["id"], True), (first["id"], False)]


@pytest.mark.parametrize("token, code", [("pm_card_chargeDeclinedExpiredCard", "expired_card"), ("pm_card_chargeDeclined", "card_declined"),
                                         ("pm_no_such_card", "invalid_payment_method")])
def test_refused_by_the_provider(token, code, shop, customer):
    method = settled(shop, customer, save(customer, token).json["id"])
    assert (method["status"], method["failure_code"], method["default"]) == ("failed", code, False)


def test_authentication(shop, customer, open_browser):
    method = settled(shop, customer, save(customer, "pm_card_authenticationRequired").json["id"])
    assert method["status"] == "requires_action" and not method["default"]
    open_browser(method["next_action"]["url"])

    def active():
        return customer.api.get("/v1/payment-methods", expect=200)["data"][0]["status"] == "active"
    shop.wait_until(active, 20, "the method active")
    assert customer.api.get("/v1/payment-methods", expect=200)["data"][0]["default"]


def test_card_numbers_are_refused(customer, database):
    refused = save(customer, "5555555555554444", expect=422)
    assert refused.code == "card_number_refused" and refused.pointers == ["/token"]
    assert "4444" not in refused.body.decode()
    assert customer.api.get("/v1/payment-methods", expect=200)["data"] == []


def test_once_per_key(customer):
    key = str(uuid.uuid4())
    first, again = (save(customer, "pm_card_visa", key=key) for _ in range(2))
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true"
    assert len(customer.api.get("/v1/payment-methods", expect=200)["data"]) == 1


def test_not_for_staff(staff):
    assert staff.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_visa"}, expect=403).code == "forbidden"
