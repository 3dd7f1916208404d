"""Job refund_payment: money nothing is owed for goes back, once, whatever the provider does meanwhile."""

import uuid

import pytest

from support.stripe_event import deliver

GIVEN_BACK = 700


@pytest.fixture
def overpaid(shop, customer, stack, api, sandbox, database):
    """An order whose provider says it took 7.00 too much; what is ordered of the refund is `fault`."""
    def pay(**fault):
        order = shop.order(customer)
        total = order["total_payable"]
        sandbox.plan(payment_method="pm_card_discover", webhook={"drop": True})
        payment = customer.pay(order["id"], "pm_card_discover", amount=total).json
        reference = shop.wait_until(lambda: database("billing", "SELECT provider_reference FROM payment WHERE id = %s", (payment["id"],))[0][0],
                                    20, "the charge")
        sandbox.plan(times=fault.pop("times", 1), **fault)
        intent = {"id": reference, "object": "payment_intent", "status": "succeeded", "amount": total + GIVEN_BACK,
                  "amount_received": total + GIVEN_BACK, "currency": order["currency"].lower(), "metadata": {"payment_id": payment["id"]},
                  "payment_method": "pm_1"}
        deliver(api, stack.webhook_secret, {"id": "evt_" + uuid.uuid4().hex, "object": "event", "type": "payment_intent.succeeded",
                                            "created": 1, "data": {"object": intent}}, 200)
        return payment
    yield pay
    sandbox.clear()


def given_back(sandbox, payment):
    charge, = [charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]]
    return charge["amount_refunded"]


@pytest.mark.parametrize("fault", [{"hang": "after"}, {"reset": "after"}, {"status": 500}])
def test_the_answer_is_lost(fault, overpaid, shop, customer, sandbox, books_agree):
    payment = overpaid(refund=fault, webhook={"drop": True})
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == GIVEN_BACK, 60, "the money given back")
    assert given_back(sandbox, payment) == GIVEN_BACK
    books_agree()


def test_the_provider_takes_its_time(overpaid, shop, customer, sandbox, books_agree):
    """A refund is pending first; the provider's event tells its end."""
    payment = overpaid(refund={"pending_ms": 300})
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == GIVEN_BACK, 30, "the money given back")
    assert given_back(sandbox, payment) == GIVEN_BACK
    books_agree()


def test_no_event_about_it(overpaid, shop, customer, sandbox, database, books_agree):
    """Pending, and its end is never told: the close of the next days asks, and does not send it a second time."""
    payment = overpaid(refund={"pending_ms": 100}, webhook={"drop": True})
    told = "SELECT count(*) FROM object WHERE kind = 'refund' AND body ->> 'status' = 'succeeded' AND body -> 'metadata' ->> 'refund_id' = %s"
    refund = shop.wait_until(lambda: database("billing", "SELECT id::text, status FROM refund WHERE payment_id = %s", (payment["id"],)), 20, "a refund")[0]
    shop.wait_until(lambda: database("sandbox", told, (refund[0],)) == [(1,)], 20, "the provider done with it")
    assert customer.payment(payment["id"])["refunded"] == 0
    shop.advance(3)
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == GIVEN_BACK, 30, "the provider asked")
    assert given_back(sandbox, payment) == GIVEN_BACK
    books_agree()


def test_the_provider_is_away_for_days(overpaid, shop, customer, sandbox, database, books_agree):
    """The job gives up in the end; the close of each day tries anew."""
    payment = overpaid(refund={"reset": "before"}, webhook={}, times=200)
    refund = shop.wait_until(lambda: database("billing", "SELECT id::text FROM refund WHERE payment_id = %s", (payment["id"],)), 20, "a refund")[0][0]
    shop.advance(2)
    assert customer.payment(payment["id"])["refunded"] == 0 and given_back(sandbox, payment) == 0
    assert database("billing", "SELECT count(*) FROM job WHERE kind = 'refund_payment' AND payload ->> 'refund_id' = %s", (refund,)) != [(0,)]
    sandbox.clear()
    shop.advance(2)
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == GIVEN_BACK, 60, "the money given back")
    assert given_back(sandbox, payment) == GIVEN_BACK
    books_agree()
