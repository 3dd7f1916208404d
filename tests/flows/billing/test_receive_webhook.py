"""POST /v1/webhooks/{provider}: what tests/flows/journey/test_webhooks.py does not look at."""

import json
import uuid

import pytest

from support.stripe_event import deliver


def test_kept_word_for_word(shop, customer, database):
    _, payment = shop.buy(customer)
    rows = database("billing", "SELECT payload, signature, verdict, processed_at IS NOT NULL FROM webhook_event WHERE payload LIKE %s AND type = "
                    "'payment_intent.succeeded'", (f"%{payment['id']}%",))
    assert len(rows) == 1
    payload, signature, verdict, processed = rows[0]
    assert json.loads(payload)["data"]["object"]["metadata"]["payment_id"] == payment["id"]
    assert signature.startswith("t=") and (verdict, processed) == ("applied", True)


@pytest.mark.parametrize("card", ["pm_sim_delayedWebhook", "pm_sim_duplicateWebhook", "pm_sim_outOfOrderWebhook"])
def test_late_twice_or_in_another_order(card, shop, customer, database, books_agree):
    order = shop.order(customer)
    payment = shop.wait_payment(customer, customer.pay(order["id"], card).json["id"], 60)
    assert payment["status"] == "succeeded"
    shop.wait_order(customer, order["id"], "confirmed")
    assert database("billing", "SELECT count(*) FROM outbox WHERE type = 'payment.succeeded' AND subject = %s", (payment["id"],)) == [(1,)]
    books_agree()


def event_about(database, payment, **changes):
    """The provider's last word on a payment, changed."""
    payload, = database("billing", "SELECT payload FROM webhook_event WHERE payload LIKE %s ORDER BY received_at DESC LIMIT 1", (f"%{payment['id']}%",))[0]
    event = json.loads(payload)
    event["id"] = "evt_" + uuid.uuid4().hex
    event["type"] = "payment_intent." + changes.get("status", "succeeded")
    event["data"]["object"].update(changes)
    return event


def test_success_after_failure(shop, customer, stack, api, database, books_agree):
    """Out of order the other way round: the failure was told first. Money that was taken counts."""
    order = shop.order(customer)
    payment = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_chargeDeclined").json["id"])
    shop.wait_until(lambda: database("billing", "SELECT 1 FROM webhook_event WHERE payload LIKE %s AND verdict IS NOT NULL", (f"%{payment['id']}%",)), 20,
                    "the provider's own events")
    event = event_about(database, payment, status="succeeded", amount_received=payment["amount"], last_payment_error=None)
    deliver(api, stack.webhook_secret, event, 200)
    shop.wait_until(lambda: customer.payment(payment["id"])["status"] == "succeeded", 20, "the payment succeeded")
    assert customer.payment(payment["id"])["failure_code"] is None
    shop.wait_order(customer, order["id"], "confirmed")
    books_agree()


def test_another_amount(shop, customer, stack, api, sandbox, database, books_agree):
    """The provider took more than was asked: what was owed is paid, the rest goes back, through the provider's refund."""
    order = shop.order(customer)
    total = order["total_payable"]
    sandbox.plan(payment_method="pm_card_discover", webhook={"drop": True})
    payment = customer.pay(order["id"], "pm_card_discover", amount=total).json
    reference = shop.wait_until(lambda: database("billing", "SELECT provider_reference FROM payment WHERE id = %s", (payment["id"],))[0][0], 20, "the charge")
    intent = {"id": reference, "object": "payment_intent", "status": "succeeded", "amount": total + 700, "amount_received": total + 700,
              "currency": order["currency"].lower(), "metadata": {"payment_id": payment["id"]}, "payment_method": "pm_1"}
    deliver(api, stack.webhook_secret, {"id": "evt_" + uuid.uuid4().hex, "object": "event", "type": "payment_intent.succeeded", "created": 1,
                                        "data": {"object": intent}}, 200)
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == 700, 30, "the rest given back")
    charge, = [charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]]
    assert charge["amount_refunded"] == 700
    assert [(entry["type"], entry["amount"]) for entry in customer.statement()["data"]] == [("sale", total), ("payment", -total - 700), ("refund", 700)]
    shop.wait_until(lambda: any(each["template"] == "receipt_excess" for each in shop.notifications(customer)), 20, "the customer told")
    books_agree()


def test_another_currency(shop, customer, stack, api, sandbox, database, wait_until):
    """That cannot be about this payment: nothing is booked."""
    order = shop.order(customer)
    sandbox.plan(payment_method="pm_card_mx", webhook={"delay_ms": 1500})
    payment = customer.pay(order["id"], "pm_card_mx").json
    event = {"id": "evt_" + uuid.uuid4().hex, "object": "event", "type": "payment_intent.succeeded", "created": 1, "data": {"object": {
        "id": "pi_x", "object": "payment_intent", "status": "succeeded", "amount": payment["amount"], "amount_received": payment["amount"],
        "currency": "jpy", "metadata": {"payment_id": payment["id"]}}}}
    deliver(api, stack.webhook_secret, event, 200)
    verdict = "SELECT verdict FROM webhook_event WHERE event_id = %s"
    wait_until(lambda: database("billing", verdict, (event["id"],)) == [("refused",)], 20, "the event refused")
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"   # by the right one
    assert database("billing", "SELECT DISTINCT currency::text FROM posting WHERE payment_id = %s", (payment["id"],)) == [(payment["currency"],)]


def test_counted(shop, customer, stack, api):
    import requests
    shop.buy(customer)
    deliver(api, "whsec_wrong_wrong_wrong", {"id": "evt_x"}, 400)
    text = requests.get(stack.service_urls["billing"] + "/metrics", timeout=10).text
    assert 'cuotas_webhook_events_total{provider="stripe",verdict="accepted"}' in text
    assert 'cuotas_webhook_events_total{provider="stripe",verdict="bad_signature"}' in text
    assert 'cuotas_payment_attempts_total{provider="stripe",outcome="accepted"}' in text
