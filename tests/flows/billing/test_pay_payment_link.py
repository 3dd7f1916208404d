"""POST /v1/payment-links/{token}: whoever has the link may pay."""

import contextlib
import uuid

import psycopg2
import pytest

CARD = {"provider": "stripe", "token": "pm_card_mastercard"}


@pytest.fixture
def bought(shop, customer):
    return shop.buy(customer)[0]


def test_pays_what_is_next(shop, customer, bought, api, make_link, books_agree):
    path = make_link(bought["id"], customer.id)
    payable = api.get(path, expect=200)["payable"]
    payment = api.post(path, {"payment_method": CARD}, key=True, expect=201).json
    assert (payment["source"], payment["amount"], payment["order_id"]) == ("link", payable, bought["id"])
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    shown = api.get(path, expect=200).json
    assert shown["paid"] == payable + shown["installments"][0]["total"]
    books_agree()


def test_an_amount(shop, customer, bought, api, make_link):
    path = make_link(bought["id"], customer.id)
    payment = api.post(path, {"payment_method": CARD, "amount": 500}, key=True, expect=201).json
    assert payment["amount"] == 500
    shop.wait_payment(customer, payment["id"])
    owed = api.get(path, expect=200)["outstanding"]
    assert api.post(path, {"payment_method": CARD, "amount": owed + 1}, key=True, expect=422).code == "amount_too_large"


def test_until_it_is_paid(shop, customer, bought, api, make_link):
    path = make_link(bought["id"], customer.id)
    owed = api.get(path, expect=200)["outstanding"]
    payment = api.post(path, {"payment_method": CARD, "amount": owed}, key=True, expect=201).json
    shop.wait_payment(customer, payment["id"])
    assert api.post(path, {"payment_method": CARD}, key=True, expect=409).code == "order_paid"


def test_repeated(customer, bought, api, make_link):
    path, key = make_link(bought["id"], customer.id), str(uuid.uuid4())
    first, again = (api.post(path, {"payment_method": CARD}, key=key, expect=201) for _ in range(2))
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true"
    assert api.post(path, {"payment_method": CARD}, expect=400).code == "idempotency_key_missing"


def test_a_key_tells_nothing_at_another_link(shop, customer, bought, new_customer, api, make_link):
    """Strangers have no names to keep their keys apart. Who sends another's key is told that it is used, and nothing else; a key of their own pays."""
    other, key = new_customer(), uuid.uuid4().hex[:12]
    sold, _ = shop.buy(other)
    paths = make_link(bought["id"], customer.id), make_link(sold["id"], other.id)
    first = api.post(paths[0], {"payment_method": CARD}, key=key, expect=201)
    assert api.post(paths[0], {"payment_method": CARD}, key=key, expect=201).body == first.body
    for path, body in ((paths[1], {"payment_method": CARD}), (paths[0], {"payment_method": CARD, "amount": 500})):
        reused = api.post(path, body, key=key, expect=422)
        assert reused.code == "idempotency_key_reused" and not any(told in reused.body.decode() for told in (first["id"], bought["id"], customer.id))
    second = api.post(paths[1], {"payment_method": CARD}, key=True, expect=201)
    for payment, who in ((first, customer), (second, other)):
        shop.wait_payment(who, payment["id"])


def test_one_at_a_time(shop, customer, bought, api, make_link, sandbox):
    """The order's account is taken, whoever pays by whatever way."""
    path = make_link(bought["id"], customer.id)
    sandbox.plan(payment_method="pm_card_diners", webhook={"delay_ms": 1500})
    first = api.post(path, {"payment_method": {"provider": "stripe", "token": "pm_card_diners"}}, key=True, expect=201).json
    assert api.post(path, {"payment_method": CARD}, key=True, expect=409).code == "payment_in_progress"
    assert customer.pay(bought["id"], expect=409).code == "payment_in_progress"
    assert shop.wait_payment(customer, first["id"])["status"] == "succeeded"


def test_saved_methods_are_their_owners(shop, customer, bought, api, make_link):
    """The link does not open the customer's wallet."""
    method = shop.wait_until(lambda: next(iter(customer.api.get("/v1/payment-methods", expect=200)["data"]), None), 20, "the method saved")
    payment = api.post(make_link(bought["id"], customer.id), {"payment_method": {"provider": "stripe", "token": method["id"]}}, key=True, expect=201).json
    assert shop.wait_payment(customer, payment["id"])["failure_code"] == "invalid_payment_method"


def test_refused(shop, customer, bought, api, make_link):
    path = make_link(bought["id"], customer.id)
    kept = api.post(path, {"payment_method": {**CARD, "save": True}}, key=True, expect=422)
    assert kept.code == "validation_failed" and kept.pointers == ["/payment_method/save"]   # whoever has the link does not decide what the customer is charged by
    number = {"provider": "stripe", "token": "4242424242424242"}
    assert api.post(path, {"payment_method": number}, key=True, expect=422).code == "card_number_refused"
    expired = make_link(bought["id"], customer.id, expires_at=1700000000)
    assert api.post(expired, {"payment_method": CARD}, key=True, expect=410).code == "payment_link_expired"
    assert api.post(path[:-2] + "AA", {"payment_method": CARD}, key=True, expect=404).code == "not_found"
    pending = shop.order(customer)
    assert api.post(make_link(pending["id"], customer.id), {"payment_method": CARD, "amount": pending["total_payable"] + 1}, key=True,
                    expect=422).code == "amount_too_large"
