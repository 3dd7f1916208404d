"""Payments through Mercado Pago: the same promises as through Stripe, in another protocol. Its notifications only name a payment, and sign neither what they say of it nor their body."""

import os
import time
import uuid

import pytest

from deploy.stack import services
from deploy.stack.network import Port, http_status
from deploy.stack.process import Process
from support.mercadopago_event import deliver, notification, signature


@pytest.fixture
def ordered(shop, customer):
    """order(price): one waiting for its first payment, in the currency of the account."""
    return lambda price="120.00": shop.order(customer, shop.new_product(price=price, currency="BRL"))


@pytest.fixture
def reference_of(database, wait_until):
    def read(payment):
        found = "SELECT provider_reference FROM payment WHERE id = %s AND provider_reference IS NOT NULL"
        return wait_until(lambda: database("billing", found, (payment["id"],)), 30, "the provider's answer")[0][0]
    return read


@pytest.fixture
def charged(sandbox):
    """charged(payment): what the provider took for it."""
    return lambda payment: [each for each in sandbox.ledger() if each["metadata"].get("payment_id") == payment["id"]]


@pytest.fixture
def verdict_of(database, wait_until):
    def read(event):
        sql = "SELECT verdict FROM webhook_event WHERE provider = 'mercadopago' AND event_id = %s AND verdict IS NOT NULL"
        return wait_until(lambda: database("billing", sql, (str(event["id"]),)), 30, "the event acted on")[0][0]
    return read


def test_paid(ordered, shop, customer, staff, charged, reference_of, books_agree, database):
    """Exact to the centavo; the event names it, and the provider was asked for the rest. Acted on again, verified anew, it changes nothing."""
    order = ordered("120.37")
    payment = shop.wait_payment(customer, customer.pay(order["id"], "mp_apro").json["id"])
    assert (payment["status"], payment["provider"], payment["currency"], payment["brand"], payment["last4"]) == ("succeeded", "mercadopago", "BRL", "master", "6351")
    assert [(each["amount"], each["currency"]) for each in charged(payment)] == [(payment["amount"], "brl")]
    shop.wait_order(customer, order["id"], "confirmed")
    reference = reference_of(payment)
    told = "SELECT id::text FROM webhook_event WHERE provider = 'mercadopago' AND type = 'payment.created' AND payload::jsonb #>> '{data,id}' = %s"
    (event,), *_ = shop.wait_until(lambda: database("billing", told, (reference,)), 30, "its event")
    staff.post(f"/v1/webhook-events/{event}/replay", expect=200)
    assert reference.isdigit() and customer.payment(payment["id"])["refunded"] == 0
    books_agree()


def test_declines(ordered, shop, customer, charged):
    """One vocabulary with every other provider. The order waits for another card after each."""
    order = ordered()
    declines = {"mp_fund": ("insufficient_funds", "retry_later"), "mp_call": ("card_declined", "retry_later"), "mp_secu": ("invalid_card", "update_method"),
                "mp_expi": ("expired_card", "update_method"), "mp_lock": ("card_not_supported", "update_method"), "mp_risk": ("card_declined", "do_not_retry"),
                "mp_dupl": ("processing_error", "retry_later"), "mp_none": ("invalid_payment_method", "update_method")}
    for card, wanted in declines.items():
        payment = shop.wait_payment(customer, customer.pay(order["id"], card).json["id"])
        assert (payment["status"], payment["failure_code"], payment["advice"]) == ("failed", *wanted), card
        assert charged(payment) == []
    assert shop.wait_payment(customer, customer.pay(order["id"], "mp_apro").json["id"])["status"] == "succeeded"


@pytest.mark.parametrize("fault, told", [({"hang": "after"}, False), ({"status": 500, "when": "after"}, True), ({"reset": "before"}, True)])
def test_the_answer_is_lost(fault, told, ordered, shop, customer, sandbox, charged, books_agree):
    """Charged or not, and told of before the answer or never: asked for by our own reference, and charged once."""
    order = ordered()
    sandbox.plan(payment_method="mp_apro_visa", charge=fault, webhook={} if told else {"drop": True})
    payment = shop.wait_payment(customer, customer.pay(order["id"], "mp_apro_visa").json["id"], 60)
    assert payment["status"] == "succeeded" and len(charged(payment)) == 1
    books_agree()


def test_told_twice_and_late(ordered, shop, customer, sandbox, charged):
    order = ordered()
    sandbox.plan(payment_method="mp_apro_visa", webhook={"copies": 3, "delay_ms": 300})
    payment = shop.wait_payment(customer, customer.pay(order["id"], "mp_apro_visa").json["id"])
    assert payment["status"] == "succeeded" and len(charged(payment)) == 1


def test_another_amount(ordered, shop, customer, sandbox, charged, books_agree):
    """It took 7.00 more: what was owed is paid, the rest goes back. The refund's answer is lost, and it carries no id of ours: it is made once all the same."""
    order = ordered()
    sandbox.plan(payment_method="mp_apro_visa", charge={"more": 700})
    sandbox.plan(refund={"status": 500, "when": "after"}, webhook={"drop": True})
    payment = customer.pay(order["id"], "mp_apro_visa", amount=order["total_payable"]).json
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == 700, 60, "the rest given back")
    assert [each["amount_refunded"] for each in charged(payment)] == [700]
    sandbox.clear()
    books_agree()


def test_refunds_of_the_same_amount(ordered, shop, customer, staff, sandbox, charged, books_agree):
    """Two of 10.00 are two, though the provider cannot say which is whose, and the first one's answer is lost."""
    order = ordered()
    payment = shop.wait_payment(customer, customer.pay(order["id"], "mp_apro", amount=order["total_payable"]).json["id"])
    sandbox.plan(refund={"status": 500, "when": "after"})
    for _ in range(2):
        staff.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 1000, "reason": "As agreed"}, key=True, expect=201)
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == 2000, 60, "both given back")
    assert [each["amount_refunded"] for each in charged(payment)] == [2000]
    books_agree()


def test_given_back_at_its_site(ordered, shop, customer, staff, sandbox, charged, reference_of, stack, wait_until, books_agree):
    """By a person there: told to the operators, in no book. When staff give the same back here, that is the one, and nothing more goes back."""
    order = ordered()
    payment = shop.wait_payment(customer, customer.pay(order["id"], "mp_apro", amount=order["total_payable"]).json["id"])
    reference = reference_of(payment)

    def told():
        with open(os.path.join(stack.log_dir, "billing.log")) as log:
            return [line for line in log if payment["id"] in line and "was not sent from here" in line]
    staff.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 700, "reason": "As agreed"}, key=True, expect=201)
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == 700, 60, "given back here")
    sandbox.refund_at_its_site(reference, 12.34)
    line, *_ = wait_until(told, 30, "the operators told")
    assert all(fact in line for fact in (reference, ":1234,", "BRL"))
    staff.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 1234, "reason": "Given back at its site"}, key=True, expect=201)
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == 1934, 60, "in the books as well")
    assert [each["amount_refunded"] for each in charged(payment)] == [1934]
    books_agree()


def test_kept_and_charged_on_the_due_date(shop, customer, charged, books_agree):
    """A card kept with its first payment, and one kept by itself, which is the default then; each is charged through its provider, whatever a request names."""
    product = shop.new_product(price="160.00", currency="BRL")
    offer = next(each for each in shop.offers(product) if each["frequency"]["unit"] == "week")
    order, bought = shop.buy(customer, product, offer=offer, card="mp_apro")
    first = shop.wait_until(lambda: customer.api.get("/v1/payment-methods", expect=200)["data"], 20, "the card kept")
    assert [(each["provider"], each["brand"], each["last4"], each["exp_year"]) for each in first] == [("mercadopago", "master", "6351", 2035)]
    made = customer.api.post("/v1/payment-methods", {"provider": "mercadopago", "token": "mp_apro_visa"}, expect=201).json
    kept = shop.wait_until(lambda: next((each for each in customer.api.get("/v1/payment-methods", expect=200)["data"]
                                         if each["id"] == made["id"] and each["status"] == "active"), None), 20, "the other kept")
    assert (kept["last4"], kept["default"]) == ("3704", True)
    paid = shop.wait_payment(customer, customer.pay(order["id"], first[0]["id"], amount=1000, provider="stripe").json["id"])
    assert (paid["provider"], paid["status"], paid["last4"]) == ("mercadopago", "succeeded", "6351")
    shop.wait_until(lambda: sum(row["paid"] for row in customer.schedule(order["id"])) == bought["amount"] + 1000, 30, "both in the schedule, which is orders'")
    due = next(row for row in customer.schedule(order["id"]) if row["paid"] < row["total"])
    shop.advance_to(due["due_date"])
    taken = shop.wait_until(lambda: [each for each in customer.api.pages("/v1/payments", {"order_id": order["id"]})
                                     if each["source"] == "autopay" and each["status"] == "succeeded"], 30, "charged by itself")
    assert [(each["provider"], each["last4"]) for each in taken] == [("mercadopago", "3704")] and len(charged(taken[0])) == 1
    books_agree()


def test_notifications_are_verified(ordered, shop, customer, api, stack, sandbox, reference_of, verdict_of):
    order = ordered()
    sandbox.plan(payment_method="mp_apro_visa", webhook={"drop": True})
    payment = customer.pay(order["id"], "mp_apro_visa").json
    secret, event, now = stack.mercadopago_secret, notification(reference_of(payment)), int(time.time())
    refused = {"webhook_signature_invalid": [
        dict(secret="another secret"), dict(sent_request_id=str(uuid.uuid4())), dict(request_id=None, sent_request_id=str(uuid.uuid4())),
        dict(signed_id="1" + event["data"]["id"])], "webhook_stale": [dict(timestamp=now - 301), dict(timestamp=1000 * (now - 301)), dict(timestamp=now + 400)]}
    for code, deliveries in refused.items():
        for delivery in deliveries:
            assert deliver(api, **{"secret": secret, "event": event, "expect": 400, **delivery}).code == code, delivery
    path = f"/v1/webhooks/mercadopago?data.id={event['data']['id']}&type=payment"
    unsigned = {"x-signature": signature(secret, event["data"]["id"], "r-1")}   # with the request's id, which is not sent
    for headers in ({}, unsigned, {**unsigned, "x-request-id": "r-2"}, {"x-signature": "garbage", "x-request-id": "r-1"}):
        assert api.request("POST", path, json=event, headers=headers, expect=400).code == "webhook_signature_invalid", headers
    # The query's id is signed; without it nothing is.
    assert api.request("POST", "/v1/webhooks/mercadopago", json=event, headers={**unsigned, "x-request-id": "r-1"}, expect=400).code == "webhook_signature_invalid"
    assert deliver(api, secret, notification(event["data"]["id"], type=None), 400).code == "webhook_malformed"
    assert customer.payment(payment["id"])["status"] == "processing"
    deliver(api, secret, event, 200, timestamp=now)   # in seconds, as its documents have it
    deliver(api, secret, event, 200)
    assert verdict_of(event) == "applied" and customer.payment(payment["id"])["status"] == "succeeded"


def test_a_notification_is_not_believed(ordered, shop, customer, api, stack, sandbox, charged, verdict_of):
    """Rightly signed, of payments that are not there or not ours: nothing comes of it."""
    order = ordered()
    payment = shop.wait_payment(customer, customer.pay(order["id"], "mp_fund").json["id"])
    for event in (notification("99999999999"), notification("12345", type="merchant_order", action="created")):
        deliver(api, stack.mercadopago_secret, event, 200)
        assert verdict_of(event) == "ignored"
    assert customer.payment(payment["id"])["status"] == "failed" and charged(payment) == []


def test_charged_back(ordered, shop, customer, staff, sandbox, reference_of, ledger_of, books_agree):
    """Withheld, and given back; answered at the provider's own site only."""
    order = ordered()
    payment = shop.wait_payment(customer, customer.pay(order["id"], "mp_apro").json["id"])
    states = lambda: [each["status"] for each in staff.pages("/v1/disputes", {"order_id": order["id"]})]   # noqa: E731
    sandbox.charge_back(reference_of(payment))
    shop.wait_until(lambda: states() == ["under_review"], 30, "the chargeback")
    assert ledger_of(order)["disputed"] == payment["amount"]
    dispute, = staff.pages("/v1/disputes", {"order_id": order["id"]})
    assert staff.post(f"/v1/disputes/{dispute['id']}/evidence", {"product_description": "A chair"}, key=True, expect=409).code == "provider_cannot"
    sandbox.charge_back(reference_of(payment), "reimbursed")
    shop.wait_until(lambda: states() == ["won"], 30, "its end")
    assert ledger_of(order)["disputed"] == 0
    books_agree()


def test_its_account_has_one_currency(shop, customer):
    order = shop.order(customer)
    assert order["currency"] != "BRL"
    assert customer.pay(order["id"], "mp_apro", expect=422).code == "currency_not_taken"


def test_a_card_kept_in_another_currency(shop, customer, staff):
    """It is the customer's default, and nothing of another currency is charged to it, by the customer or automatically; the card stays as good as it was."""
    product = shop.new_product(price="160.00")
    offer = next(each for each in shop.offers(product) if each["frequency"]["unit"] == "week")
    order, _ = shop.buy(customer, product, offer=offer, save=False)
    made = customer.api.post("/v1/payment-methods", {"provider": "mercadopago", "token": "mp_apro_visa"}, expect=201).json
    kept = lambda: next(each for each in customer.api.get("/v1/payment-methods", expect=200)["data"] if each["id"] == made["id"])   # noqa: E731
    shop.wait_until(lambda: kept()["default"], 20, "the card kept")
    assert customer.pay(order["id"], made["id"], expect=422).code == "currency_not_taken"
    due = next(row for row in customer.schedule(order["id"]) if row["paid"] < row["total"])["due_date"]
    charge, = [each for each in staff.pages("/v1/autopay/plan/charges", {"date": due, "limit": 50}) if each["order_id"] == order["id"]]
    assert (charge["payment_method_id"], charge["passed_by"]) == (None, "currency_not_taken")
    shop.advance_to(due)
    assert [each for each in customer.api.pages("/v1/payments", {"order_id": order["id"]}) if each["source"] == "autopay"] == []
    assert (kept()["status"], kept()["default"]) == ("active", True)


@pytest.fixture
def shop_without(stack, scratch, as_customer, wait_until):
    """as_customer of a billing that has no account with Mercado Pago, and has its secrets in files."""
    port = Port()
    environment = {name: value for name, value in services.service_environment(stack, "billing").items() if not name.startswith("MERCADOPAGO_")}
    for name in ("IDENTITY_SECRET", "STRIPE_SECRET_KEY"):
        environment[name + "_FILE"] = os.path.join(scratch, name.lower())
        with open(environment[name + "_FILE"], "w") as file:
            file.write(environment.pop(name) + "\n")
    process = Process("billing", [os.path.join(stack.binaries, "billing")], os.path.join(scratch, "billing-without.log"), env={**environment, "LISTEN": port.listen})
    process.start()

    def api(customer):
        made = as_customer(customer)
        made.base_url = port.url
        return made
    try:
        wait_until(lambda: http_status(port.url + "/readyz") == 200, 20, "the other billing")
        yield api
    finally:
        process.stop()
        port.close()


def test_not_set_up(shop_without, customer):
    """Off unless configured: no such provider to pay through, nor to be told by."""
    api = shop_without(customer)
    refused = api.post("/v1/payment-methods", {"provider": "mercadopago", "token": "mp_apro"}, expect=422)
    assert (refused.code, refused.pointers) == ("provider_not_set_up", ["/provider"])
    refused = api.post("/v1/payments", {"order_id": str(uuid.uuid4()), "payment_method": {"provider": "mercadopago", "token": "mp_apro"}}, key=True, expect=422)
    assert (refused.code, refused.pointers) == ("provider_not_set_up", ["/payment_method/provider"])
    assert api.request("POST", "/v1/webhooks/mercadopago", json=notification("1"), expect=404).code == "not_found"
