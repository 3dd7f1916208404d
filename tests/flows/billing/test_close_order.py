"""POST /internal/orders/{id}/close, by way of the orders that expire: nothing paid is given up, nothing given up is paid."""

import json
import uuid

from support.stripe_event import deliver


def test_unpaid(shop, customer, database):
    order = shop.order(customer)
    shop.advance(1)
    shop.wait_order(customer, order["id"], "expired")
    assert database("billing", "SELECT status, in_flight FROM order_account WHERE order_id = %s", (order["id"],)) == [("closed", None)]
    assert {status for status, in database("billing", "SELECT status FROM installment WHERE order_id = %s", (order["id"],))} == {"canceled"}


def test_paid(shop, customer):
    order, _ = shop.buy(customer)
    shop.advance(1)
    assert customer.order(order["id"])["status"] == "confirmed"


def test_the_event_never_came(shop, customer, sandbox):
    """Charged, but the provider's event is lost: billing asks, and the order is confirmed instead of given up."""
    order = shop.order(customer)
    payment = customer.pay(order["id"], "pm_sim_lostWebhook").json
    shop.advance(1)
    assert shop.wait_payment(customer, payment["id"], 60)["status"] == "succeeded"
    shop.wait_order(customer, order["id"], "confirmed")


def test_waiting_for_authentication(shop, customer, database):
    order = shop.order(customer)
    payment = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired").json["id"])
    assert payment["status"] == "requires_action"
    shop.advance(1)
    shop.wait_order(customer, order["id"], "expired")
    shop.wait_until(lambda: customer.payment(payment["id"])["status"] == "canceled", 30, "the payment canceled")


def test_money_for_a_closed_order_goes_back(shop, customer, stack, api, database, wait_until, books_agree):
    """The provider's word that it took the money comes after the order was given up: it is accounted for, and a refund is made of it."""
    order = shop.order(customer)
    payment = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired").json["id"])
    shop.advance(1)
    shop.wait_until(lambda: customer.payment(payment["id"])["status"] == "canceled", 30, "the payment canceled")
    reference, = database("billing", "SELECT provider_reference FROM payment WHERE id = %s", (payment["id"],))[0]
    intent = {"id": reference, "object": "payment_intent", "status": "succeeded", "amount": payment["amount"], "amount_received": payment["amount"],
              "currency": payment["currency"].lower(), "metadata": {"payment_id": payment["id"]}, "payment_method": None}
    deliver(api, stack.webhook_secret, {"id": "evt_" + uuid.uuid4().hex, "object": "event", "type": "payment_intent.succeeded", "created": 1,
                                        "data": {"object": intent}}, 200)
    shop.wait_until(lambda: customer.payment(payment["id"])["status"] == "succeeded", 20, "the money seen")
    assert customer.order(order["id"])["status"] == "expired"
    refunds = "SELECT reason, amount, status FROM refund WHERE payment_id = %s"
    # The sandbox never took it, so it refuses to give it back: it stays owed to the customer, and is not forgotten.
    wait_until(lambda: database("billing", refunds, (payment["id"],)) == [("order_closed", payment["amount"], "failed")], 30, "the refund decided")
    assert customer.statement()["balances"] == [{"currency": payment["currency"], "amount": -payment["amount"]}]
    books_agree()
    assert json.dumps(shop.invoices(customer, order["id"])) == "[]"
    # No receipt for money that bought nothing: its sender is told that it goes back.
    shop.wait_until(lambda: {each["template"] for each in shop.notifications(customer)} == {"welcome", "payment_returned"}, 20, "the customer told")
