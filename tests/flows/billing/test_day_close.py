"""What a business day does: due, overdue, reminders, automatic payments and their retries."""

import datetime

import pytest


@pytest.fixture
def weekly(shop, customer):
    """A confirmed order in weekly installments, its card saved: the first installment is due in a week."""
    def buy(card_afterwards=None):
        product = shop.new_product(price="160.00")
        offer = next(offer for offer in shop.offers(product) if offer["frequency"]["unit"] == "week")
        order, _ = shop.buy(customer, product, offer=offer, save=True)
        shop.wait_until(lambda: any(each["default"] for each in customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the card saved")
        if card_afterwards:
            method = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": card_afterwards}, expect=201).json
            shop.wait_until(lambda: any(each["id"] == method["id"] and each["default"] for each in
                                        customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the other card saved")
        return order
    return buy


def row(customer, order, number=1):
    return next(each for each in customer.schedule(order["id"]) if each["number"] == number)


def due(customer, order, number=1):
    return datetime.date.fromisoformat(row(customer, order, number)["due_date"])


def payments(customer, order, source="autopay"):
    return [each for each in customer.api.pages("/v1/payments", {"order_id": order["id"]}) if each["source"] == source]


def test_reminded_once_three_days_before(shop, customer, weekly, database):
    order = weekly()
    told = "SELECT data ->> 'number', data ->> 'autopay' FROM outbox WHERE type = 'installment.due_soon' AND subject = %s"
    shop.advance_to(due(customer, order) - datetime.timedelta(days=4))
    assert database("billing", told, (order["id"],)) == []
    shop.advance_to(due(customer, order) - datetime.timedelta(days=3))
    assert database("billing", told, (order["id"],)) == [("1", "true")]
    shop.advance_to(due(customer, order) - datetime.timedelta(days=1))
    assert database("billing", told, (order["id"],)) == [("1", "true")]


def test_charged_on_the_due_date(shop, customer, weekly, books_agree):
    order = weekly()
    shop.advance_to(due(customer, order) - datetime.timedelta(days=1))
    assert payments(customer, order) == []
    shop.advance_to(due(customer, order))
    payment, = payments(customer, order)
    assert (payment["status"], payment["amount"]) == ("succeeded", row(customer, order)["total"])
    assert row(customer, order)["status"] == "paid"
    books_agree()


def test_retried_by_the_calendar_after_a_soft_decline(shop, customer, weekly, database):
    """1, 3 and 5 days after the first try, then no more; one payment each, and overdue from the day after it was due."""
    order = weekly("pm_card_chargeCustomerFail")
    start = due(customer, order)
    tried = {}
    for days in range(7):
        shop.advance_to(start + datetime.timedelta(days=days))
        tried[days] = len(payments(customer, order))
        assert row(customer, order)["status"] == ("due" if days == 0 else "overdue")
    assert tried == {0: 1, 1: 2, 2: 2, 3: 3, 4: 3, 5: 4, 6: 4}
    assert {(each["status"], each["decline_kind"]) for each in payments(customer, order)} == {("failed", "soft")}
    keys = [key for key, in database("billing", "SELECT attempt_key FROM payment WHERE order_id = %s AND source = 'autopay' ORDER BY created_at", (order["id"],))]
    assert keys == [f"autopay:{order['id']}:1:{attempt}" for attempt in (1, 2, 3, 4)]
    told = database("billing", "SELECT data ->> 'next_attempt_on' FROM outbox WHERE type = 'payment.failed' AND data ->> 'order_id' = %s ORDER BY id",
                    (order["id"],))
    assert told == [(str(start + datetime.timedelta(days=days)),) for days in (1, 3, 5)] + [(None,)]


def test_not_retried_after_a_hard_decline(shop, customer, weekly, sandbox, database):
    """The card is left alone, also for later installments, until one is saved; then what is owed is tried the next day."""
    order = weekly()
    customer_reference, = database("billing", "SELECT reference FROM provider_customer WHERE customer_id = %s", (customer.id,))[0]
    sandbox.plan(customer=customer_reference, charge={"decline_code": "lost_card"})
    start = due(customer, order)
    shop.advance_to(start + datetime.timedelta(days=8))
    failed, = payments(customer, order)
    assert (failed["status"], failed["decline_kind"], failed["failure_code"]) == ("failed", "hard", "lost_or_stolen")
    assert customer.api.get("/v1/payment-methods", expect=200)["data"][0]["status"] == "declined"
    assert row(customer, order)["status"] == "overdue"

    customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_mastercard"}, expect=201)
    shop.wait_until(lambda: customer.api.get("/v1/payment-methods", expect=200)["data"][0]["status"] == "active", 20, "a new card")
    shop.advance(1)
    assert row(customer, order)["status"] == "paid"


def test_another_card_begins_the_calendar_anew(shop, customer, weekly, wait_until):
    """Tried in vain to the end of the calendar; then another card that does not work either gets all of its tries."""
    order = weekly("pm_card_chargeCustomerFail")
    start = due(customer, order)
    shop.advance_to(start + datetime.timedelta(days=5))
    assert len(payments(customer, order)) == 4
    other = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_chargeCustomerFail"}, expect=201).json
    wait_until(lambda: any(each["id"] == other["id"] and each["status"] == "active" for each in
                           customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the other card saved")
    first = start + datetime.timedelta(days=6)
    tried = {}
    for days in (0, 1, 3, 5):
        shop.advance_to(first + datetime.timedelta(days=days))
        tried[days] = len([each for each in payments(customer, order) if each["amount"] == row(customer, order)["total"]])
    assert tried[0] == 5 and tried[5] >= 8, tried


def test_a_method_not_confirmed_is_not_charged(shop, customer, weekly):
    """The bank was asked and the customer did not answer: the card saved before stays the default."""
    order = weekly()
    asked = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_authenticationRequired"}, expect=201).json
    method = shop.wait_until(lambda: next((each for each in customer.api.get("/v1/payment-methods", expect=200)["data"]
                                           if each["id"] == asked["id"] and each["status"] == "requires_action"), None), 20, "the bank asking")
    assert not method["default"]
    shop.advance_to(due(customer, order))
    payment, = payments(customer, order)
    assert (payment["status"], payment["last4"]) == ("succeeded", "4242")


def test_not_retried_when_the_customer_must_be_there(shop, customer, weekly, sandbox, database):
    order = weekly()
    customer_reference, = database("billing", "SELECT reference FROM provider_customer WHERE customer_id = %s", (customer.id,))[0]
    sandbox.plan(customer=customer_reference, charge={"decline_code": "authentication_required"})
    shop.advance_to(due(customer, order) + datetime.timedelta(days=2))
    failed, = payments(customer, order)
    assert (failed["status"], failed["decline_kind"], failed["failure_code"]) == ("failed", "action", "authentication_required")
    # The card itself is good: the next installment is charged.
    shop.advance_to(due(customer, order, 2))
    assert [each["status"] for each in payments(customer, order)] == ["succeeded", "failed"]


def test_paid_before_it_is_due(shop, customer, weekly):
    """What the customer has paid is not charged again."""
    order = weekly()
    first = row(customer, order)
    payment = customer.pay(order["id"]).json
    assert payment["amount"] == first["total"]
    shop.wait_payment(customer, payment["id"])
    shop.advance_to(due(customer, order))
    assert payments(customer, order) == []


def test_no_card_no_charge(shop, customer):
    product = shop.new_product(price="160.00")
    offer = next(offer for offer in shop.offers(product) if offer["frequency"]["unit"] == "week")
    order, _ = shop.buy(customer, product, offer=offer, save=False)
    shop.advance_to(due(customer, order))
    assert payments(customer, order) == [] and row(customer, order)["status"] == "due"
    shop.advance(1)
    assert row(customer, order)["status"] == "overdue"


def test_interest_is_earned_on_the_due_date(shop, customer, database, books_agree):
    product = shop.new_product(price="1200.00")
    offer = shop.offer(product, installments=12)
    order, _ = shop.buy(customer, product, offer=offer, save=False)
    interest = row(customer, order)["interest"]
    assert interest > 0
    earned = "SELECT coalesce(sum(amount), 0)::bigint FROM posting WHERE order_id = %s AND kind = 'interest'"
    shop.advance_to(due(customer, order) - datetime.timedelta(days=1))
    assert database("billing", earned, (order["id"],)) == [(0,)]
    shop.advance_to(due(customer, order))
    assert database("billing", earned, (order["id"],)) == [(interest,)]
    books_agree()


def test_a_lost_answer_on_the_due_date(shop, customer, weekly, sandbox, database):
    """Autopay's charge was taken and the answer lost: asked about, and charged once."""
    order = weekly()
    customer_reference, = database("billing", "SELECT reference FROM provider_customer WHERE customer_id = %s", (customer.id,))[0]
    sandbox.plan(customer=customer_reference, charge={"reset": "after"})
    shop.advance_to(due(customer, order))
    payment, = payments(customer, order)
    assert shop.wait_payment(customer, payment["id"], 60)["status"] == "succeeded"
    assert len([charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]]) == 1
