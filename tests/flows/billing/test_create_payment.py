"""POST /v1/payments, and what becomes of the payment."""

import contextlib
import uuid

import psycopg2
import pytest


@pytest.fixture
def with_deposit(shop, customer):
    """An order that wants a deposit first."""
    product = shop.new_product()
    return shop.order(customer, product, offer=shop.offer(product, deposit=True))


def test_the_answer(shop, customer):
    order = shop.order(customer)
    payment = customer.pay(order["id"]).json
    assert payment["status"] == "processing"
    assert payment["order_id"] == order["id"] and payment["customer_id"] == customer.id
    assert (payment["source"], payment["provider"], payment["currency"]) == ("checkout", "stripe", order["currency"])
    assert payment["failure_code"] is None and payment["next_action"] is None and payment["refunded"] == 0


def test_the_deposit_comes_first(shop, customer, with_deposit, books_agree):
    deposit = customer.schedule(with_deposit["id"])[0]
    assert deposit["number"] == 0
    payment = customer.pay(with_deposit["id"]).json
    assert payment["amount"] == deposit["total"]
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    shop.wait_order(customer, with_deposit["id"], "confirmed")
    rows = shop.wait_until(lambda: [row for row in customer.schedule(with_deposit["id"]) if row["status"] == "paid"], 20, "the deposit paid")
    assert [row["number"] for row in rows] == [0]
    # Then the next installment, as nothing is due yet.
    following = customer.pay(with_deposit["id"]).json
    assert following["amount"] == customer.schedule(with_deposit["id"])[1]["total"]
    assert shop.wait_payment(customer, following["id"])["status"] == "succeeded"
    books_agree()


def test_a_first_payment_must_cover_the_deposit(customer, with_deposit):
    deposit = customer.schedule(with_deposit["id"])[0]["total"]
    refused = customer.pay(with_deposit["id"], amount=deposit - 1, expect=422)
    assert refused.code == "amount_below_deposit" and str(deposit) in refused["detail"]
    assert customer.api.get("/v1/payments", {"order_id": with_deposit["id"]}, expect=200)["data"] == []


def test_any_amount_pays_the_oldest_first(shop, customer, books_agree):
    order = shop.order(customer)
    rows = customer.schedule(order["id"])
    amount = rows[0]["total"] + rows[1]["total"] // 2
    payment = customer.pay(order["id"], amount=amount).json
    shop.wait_payment(customer, payment["id"])
    rows = shop.wait_until(lambda: [row for row in customer.schedule(order["id"]) if row["paid"]], 20, "the schedule brought up to date")
    shop.wait_until(lambda: sum(row["paid"] for row in customer.schedule(order["id"])) == amount, 20, "all of it")
    rows = customer.schedule(order["id"])
    assert rows[0]["status"] == "paid" and rows[1]["status"] == "partially_paid" and rows[2]["paid"] == 0
    books_agree()


def test_less_than_the_provider_takes(shop, customer):
    """Stripe has a least amount for each currency. That the charge is refused says nothing about the saved card."""
    order, _ = shop.buy(customer, shop.new_product(currency="PLN"), save=True)
    card = shop.wait_until(lambda: next(iter(customer.api.get("/v1/payment-methods", expect=200)["data"]), None), 20, "the card saved")
    payment = shop.wait_payment(customer, customer.pay(order["id"], card["id"], amount=199).json["id"])
    assert (payment["status"], payment["failure_code"], payment["decline_kind"]) == ("failed", "processing_error", "soft")
    assert customer.api.get("/v1/payment-methods", expect=200)["data"] == [card]
    assert shop.wait_payment(customer, customer.pay(order["id"], card["id"], amount=200).json["id"])["status"] == "succeeded"


def test_more_than_is_owed(shop, customer):
    order = shop.order(customer)
    assert customer.pay(order["id"], amount=order["total_payable"] + 1, expect=422).code == "amount_too_large"


def test_all_at_once_settles(shop, customer, books_agree):
    order = shop.order(customer)
    payment = customer.pay(order["id"], amount=order["total_payable"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    assert customer.pay(order["id"], expect=409).code == "order_paid"
    shop.wait_until(lambda: any(entry["type"] == "contract.settled" for entry in customer.timeline()), 30, "the contract settled")
    books_agree()


@pytest.mark.parametrize("card, code, kind", [
    ("pm_card_chargeDeclined", "card_declined", "soft"),
    ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds", "soft"),
    ("pm_card_chargeDeclinedProcessingError", "processing_error", "soft"),
    ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "limit_exceeded", "soft"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", "hard"),
    ("pm_card_visa_chargeDeclinedLostCard", "lost_or_stolen", "hard"),
    ("pm_card_visa_chargeDeclinedStolenCard", "lost_or_stolen", "hard"),
    ("pm_card_chargeDeclinedFraudulent", "card_declined", "hard"),
    ("pm_card_chargeDeclinedIncorrectCvc", "invalid_card", "hard"),
    ("pm_no_such_card", "invalid_payment_method", "hard"),
])
def test_declines(card, code, kind, shop, customer):
    order = shop.order(customer)
    payment = shop.wait_payment(customer, customer.pay(order["id"], card).json["id"])
    assert (payment["status"], payment["failure_code"], payment["decline_kind"]) == ("failed", code, kind)
    assert payment["advice"] == {"soft": "retry_later", "action": "authenticate"}.get(kind, "do_not_retry" if code == "card_declined" else "update_method")
    assert customer.order(order["id"])["status"] == "pending_payment"
    again = shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
    assert again["status"] == "succeeded"
    shop.wait_order(customer, order["id"], "confirmed")


def test_authentication_passed(shop, customer, open_browser):
    order = shop.order(customer)
    payment = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired").json["id"])
    assert payment["status"] == "requires_action"
    assert payment["next_action"]["type"] == "redirect_to_url" and payment["next_action"]["url"].startswith("http")
    open_browser(payment["next_action"]["url"])
    shop.wait_until(lambda: customer.payment(payment["id"])["status"] == "succeeded", 20, "the payment succeeded")
    assert customer.payment(payment["id"])["next_action"] is None
    shop.wait_order(customer, order["id"], "confirmed")


def test_authenticated_and_never_told(shop, customer, open_browser, sandbox):
    """The event of a payment that its customer authenticated is lost for good: the close of a day asks, and the money is in the books."""
    order, _ = shop.buy(customer, save=False)
    payment = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired").json["id"])
    assert payment["status"] == "requires_action"
    open_browser(payment["next_action"]["url"] + "?webhook=lost")
    assert [charge["amount"] for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]] == [payment["amount"]]
    assert customer.payment(payment["id"])["status"] == "requires_action"
    shop.advance(2)
    assert customer.payment(payment["id"])["status"] == "succeeded"


def test_not_authenticated_for_days(shop, customer):
    """The customer may still do it: the payment waits on."""
    order, _ = shop.buy(customer, save=False)
    payment = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired").json["id"])
    shop.advance(3)
    assert customer.payment(payment["id"])["status"] == "requires_action"


def test_authentication_failed(shop, customer, open_browser):
    order = shop.order(customer)
    payment = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired").json["id"])
    open_browser(payment["next_action"]["url"] + "?result=fail")
    shop.wait_until(lambda: customer.payment(payment["id"])["status"] == "failed", 20, "the payment failed")
    assert customer.payment(payment["id"])["decline_kind"] == "action"


def test_another_card_instead_of_authenticating(shop, customer, sandbox):
    """The payment that waits for its customer gives way: it is canceled at the provider, so it cannot take money later."""
    order = shop.order(customer)
    waiting = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired").json["id"])
    assert waiting["status"] == "requires_action"
    other = customer.pay(order["id"]).json
    assert shop.wait_payment(customer, other["id"])["status"] == "succeeded"
    shop.wait_until(lambda: customer.payment(waiting["id"])["status"] == "canceled", 20, "the other canceled")
    taken = [charge["metadata"]["payment_id"] for charge in sandbox.ledger() if charge["metadata"].get("order_id") == order["id"]]
    assert taken == [other["id"]]


@pytest.mark.parametrize("all_of_it", [False, True])
def test_paid_meanwhile_is_not_charged_again(all_of_it, shop, customer, stack, sandbox, as_customer, open_browser, books_agree):
    """While the news of an authenticated payment is on its way, the same is paid with another card. Money is taken once."""
    order = shop.order(customer)
    amount = order["total_payable"] if all_of_it else None
    first = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired", amount=amount).json["id"])
    stack.pause("gateway")   # the provider's events come through it
    try:
        open_browser(first["next_action"]["url"])
        second = as_customer(customer).post("/v1/payments", {"order_id": order["id"], "payment_method": {
            "provider": "stripe", "token": "pm_card_visa"}, **({"amount": amount} if amount else {})}, key=True, expect=201).json
        assert second["amount"] == first["amount"]
    finally:
        stack.resume("gateway")
    assert shop.wait_payment(customer, second["id"], 60)["status"] == "canceled"
    assert customer.payment(first["id"])["status"] == "succeeded"
    charges = [charge for charge in sandbox.ledger() if charge["metadata"].get("order_id") == order["id"]]
    assert [(charge["metadata"]["payment_id"], charge["amount"], charge["amount_refunded"]) for charge in charges] == [
        (first["id"], first["amount"], 0)]
    assert customer.pay(order["id"], expect=409 if all_of_it else 201)   # the account is free again
    books_agree()


def test_one_at_a_time(shop, customer, sandbox):
    """A second payment cannot start before the first is decided."""
    order = shop.order(customer)
    sandbox.plan(payment_method="pm_card_diners", webhook={"delay_ms": 1500})
    first = customer.pay(order["id"], "pm_card_diners").json
    assert customer.pay(order["id"], expect=409).code == "payment_in_progress"
    assert shop.wait_payment(customer, first["id"])["status"] == "succeeded"
    assert len(list(customer.api.pages("/v1/payments", {"order_id": order["id"]}))) == 1


@pytest.mark.parametrize("fault", [{"hang": "before"}, {"hang": "after"}])
def test_the_answer_never_came(fault, shop, customer, sandbox):
    """Charged or not, nobody says: unknown until the provider was asked, and charged once in the end."""
    order = shop.order(customer)
    sandbox.plan(payment_method="pm_card_amex", charge=fault, webhook={"drop": True})
    payment = customer.pay(order["id"], "pm_card_amex").json
    shop.wait_until(lambda: customer.payment(payment["id"])["status"] == "unknown", 30, "the outcome unknown")
    assert customer.pay(order["id"], expect=409).code == "payment_in_progress"
    assert shop.wait_payment(customer, payment["id"], 60)["status"] == "succeeded"
    assert len([charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]]) == 1


def test_no_event_came(stack, shop, customer):
    """A minute later the provider is asked about all charges of some seconds of which nothing was told."""
    payment = customer.pay(shop.order(customer)["id"], "pm_sim_lostWebhook").json
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True

        def taken():
            cursor.execute("SELECT FROM payment WHERE id = %s AND provider_reference IS NOT NULL", (payment["id"],))
            return cursor.rowcount
        shop.wait_until(taken, 20, "the charge")
        cursor.execute("UPDATE job SET run_at = '2020-01-01' WHERE kind = 'ask_undecided'")
        assert cursor.rowcount > 0
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"


def test_the_provider_charges_and_answers_with_an_error(shop, customer, sandbox):
    """A 500 after the money was taken, and no event: asked again, never charged again."""
    order = shop.order(customer)
    sandbox.plan(payment_method="pm_card_jcb", charge={"status": 500, "when": "after"}, webhook={"drop": True})
    payment = customer.pay(order["id"], "pm_card_jcb").json
    assert shop.wait_payment(customer, payment["id"], 60)["status"] == "succeeded"
    assert len([charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]]) == 1


def test_the_event_came_before_the_answer(shop, customer, sandbox):
    order = shop.order(customer)
    payment = shop.wait_payment(customer, customer.pay(order["id"], "pm_sim_timeoutAfterCharge").json["id"])
    assert (payment["status"], payment["last4"]) == ("succeeded", "1005")
    assert len([charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]]) == 1


def test_the_provider_is_away_for_days(shop, customer, sandbox):
    """Nothing was charged and nobody knows of it: failed in the end, and the customer may pay again or the order is given up."""
    order = shop.order(customer)
    sandbox.plan(times=100, payment_method="pm_card_br", charge={"reset": "before"})
    payment = customer.pay(order["id"], "pm_card_br").json
    shop.advance(3)
    payment = shop.wait_payment(customer, payment["id"], 60)
    assert (payment["status"], payment["failure_code"], payment["decline_kind"]) == ("failed", "provider_unavailable", "soft")
    assert [charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]] == []


@pytest.mark.parametrize("fault", [{"reset": "before"}, {"reset": "after"}, {"status": 429}, {"status": 500}])
def test_the_provider_stumbles(fault, shop, customer, sandbox):
    order = shop.order(customer)
    sandbox.plan(payment_method="pm_card_jcb", charge=fault)
    payment = customer.pay(order["id"], "pm_card_jcb").json
    assert shop.wait_payment(customer, payment["id"], 60)["status"] == "succeeded"
    assert len([charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]]) == 1


@pytest.mark.parametrize("number", ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "378282246310005", "tok_4242424242424242"])
def test_card_numbers_are_refused(number, shop, customer, database, stack):
    order = shop.order(customer)
    refused = customer.pay(order["id"], number, expect=422)
    assert refused.code == "card_number_refused" and refused.pointers == ["/payment_method/token"]
    digits = "".join(each for each in number if each.isdigit())
    assert digits not in "".join(each for each in refused.body.decode() if each.isdigit())
    assert database("billing", "SELECT count(*) FROM payment WHERE token = %s", (number,)) == [(0,)]
    assert database("billing", "SELECT count(*) FROM idempotency WHERE body LIKE %s", (f"%{number}%",)) == [(0,)]


def test_a_saved_method(shop, customer):
    shop.buy(customer, save=True)
    method = shop.wait_until(lambda: next(iter(customer.api.get("/v1/payment-methods", expect=200)["data"]), None), 20, "the method saved")
    order = shop.order(customer)
    payment = customer.pay(order["id"], method["id"]).json
    assert payment["last4"] == method["last4"]
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"


def test_somebody_elses_saved_method(shop, customer, new_customer):
    shop.buy(customer, save=True)
    method = shop.wait_until(lambda: next(iter(customer.api.get("/v1/payment-methods", expect=200)["data"]), None), 20, "the method saved")
    other = new_customer()
    order = shop.order(other)
    for token in (method["id"], str(uuid.uuid4())):
        assert other.pay(order["id"], token, expect=422).code == "payment_method_not_found"


def test_no_such_order(customer, new_customer, shop):
    assert customer.pay(str(uuid.uuid4()), expect=404).code == "not_found"
    assert customer.pay(shop.order(new_customer())["id"], expect=404).code == "not_found"


def test_right_after_the_order(shop, customer):
    """Billing has not heard of the order yet: it asks, the customer does not notice."""
    for _ in range(5):
        order = shop.order(customer)
        customer.pay(order["id"])


def test_an_order_given_up(shop, customer):
    order = shop.order(customer)
    shop.advance(1)
    shop.wait_order(customer, order["id"], "expired")
    assert customer.pay(order["id"], expect=409).code == "order_closed"


def test_staff_pays_for_a_customer(shop, customer, staff):
    order = shop.order(customer)
    body = {"order_id": order["id"], "payment_method": {"provider": "stripe", "token": "pm_card_visa"}}
    payment = staff.post("/v1/payments", body, key=True, expect=201).json
    assert payment["customer_id"] == customer.id
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
