"""Job refund_payment: money nothing is owed for goes back, once, whatever the provider does meanwhile."""

import os
import signal
import uuid

import pytest

from support.schedule_change import Change
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


def test_kept_as_credit(overpaid, shop, customer, staff, sandbox, set_receivables_policy, ledger_of, statement_foots, books_agree):
    """By the shop's policy it stays: nothing is sent until somebody asks for it."""
    assert set_receivables_policy()["overpayment"] == "refund"
    assert set_receivables_policy(overpayment="credit")["overpayment"] == "credit"
    payment = overpaid(webhook={"drop": True})
    shop.wait_until(lambda: any(each["template"] == "receipt_credit" for each in shop.notifications(customer)), 30, "the customer told")
    refund, = staff.pages(f"/v1/payments/{payment['id']}/refunds")
    assert (refund["kind"], refund["status"], refund["to"], refund["amount"]) == ("excess", "succeeded", "credit", GIVEN_BACK)
    path = f"/v1/customers/{customer.id}/credit"
    assert customer.api.get(path, expect=200).json["balances"] == [{"currency": "USD", "balance": GIVEN_BACK, "on_its_way": 0, "available": GIVEN_BACK}]
    assert given_back(sandbox, payment) == 0
    books_agree()
    asked = staff.post(f"{path}/refunds", {"payment_id": payment["id"], "reason": "She wants it on her card", "amount": GIVEN_BACK - 100}, key=True, expect=201).json
    shop.wait_until(lambda: customer.api.get(f"/v1/refunds/{asked['id']}", expect=200)["status"] == "succeeded", 60, "it went back")
    assert given_back(sandbox, payment) == GIVEN_BACK - 100
    order = shop.order(customer)
    customer.api.post(f"{path}/applications", {"order_id": order["id"], "amount": 100}, key=True, expect=201)
    statement_foots(customer)
    books_agree()


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


# ---- what went back for a change that a restore undid (tests/operations/test_backup.py has the restore)

@pytest.fixture
def settled(shop, customer):
    """An order that is paid in full by one payment, so that money goes back of it."""
    order = shop.order(customer, shop.new_product(price="120.00"))
    payment = customer.pay(order["id"], amount=order["total_payable"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    return shop.wait_order(customer, order["id"], "confirmed"), payment


@pytest.fixture
def lost(sandbox, database):
    """The provider has given money of a payment back, for a refund of ours that is not here any more: its reference."""
    def make(payment, refund_id):
        intent, = database("billing", "SELECT provider_reference FROM payment WHERE id = %s", (payment["id"],))[0]
        return sandbox.refund(intent, GIVEN_BACK, refund_id)["id"]
    return make


@pytest.fixture
def give_back(as_service):
    """A return of goods that cost so much."""
    def send(order):
        account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
        change = Change(account, "return")
        paid = max(account["installments"], key=lambda row: row["paid"])
        as_service.post(change.path, change.replace(paid, refund=GIVEN_BACK).body(), expect=200)
    return send


@pytest.fixture
def told(database, wait_until, stack):
    """What billing made of the provider's word on a refund: the verdict of the event, and what its log says."""
    def read(reference):
        verdicts = "SELECT verdict FROM webhook_event WHERE payload::jsonb #>> '{data,object,id}' = %s AND verdict IS NOT NULL ORDER BY received_at"
        found = wait_until(lambda: database("billing", verdicts, (reference,)), 30, "the event acted on")
        with open(os.path.join(stack.log_dir, "billing.log")) as log:
            return [verdict for verdict, in found], [line for line in log if reference in line and '"level":"error"' in line]
    return read


def refunds_of(database, payment):
    return dict(database("billing", "SELECT provider_reference, status FROM refund WHERE payment_id = %s", (payment["id"],)))


def test_what_went_back_for_a_change_undone_is_told_and_sent_once(settled, lost, give_back, told, shop, customer, stack, sandbox, database, books_agree):
    """Two changes give the same back, both jobs find the refund in no book: one takes it, the other is sent."""
    order, payment = settled
    refund_id = str(uuid.uuid4())
    reference = lost(payment, refund_id)
    verdicts, lines = told(reference)
    assert verdicts == ["ignored"] and len(lines) == 1
    for fact in (refund_id, payment["id"], reference, str(GIVEN_BACK), order["currency"], "the change that gave it back is to be made again"):
        assert fact in lines[0]
    stack.server("sandbox").send(signal.SIGSTOP)
    try:
        give_back(order)
        give_back(order)
    finally:
        stack.server("sandbox").send(signal.SIGCONT)
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == 2 * GIVEN_BACK, 60, "the money given back")
    kept = refunds_of(database, payment)
    assert len(kept) == 2 and kept[reference] == "succeeded"
    assert given_back(sandbox, payment) == 2 * GIVEN_BACK
    books_agree()


def test_taken_while_it_is_on_its_way(settled, lost, give_back, told, shop, customer, sandbox, database, books_agree):
    """Its end is told of the refund it was sent as, which is not here: it is known by its reference."""
    order, payment = settled
    sandbox.plan(refund={"pending_ms": 2000})
    reference = lost(payment, str(uuid.uuid4()))
    give_back(order)
    shop.wait_until(lambda: reference in refunds_of(database, payment), 20, "the refund taken")
    shop.wait_until(lambda: customer.payment(payment["id"])["refunded"] == GIVEN_BACK, 30, "its end told")
    assert given_back(sandbox, payment) == GIVEN_BACK
    verdicts, lines = told(reference)
    assert verdicts[-1] == "applied" and lines == []
    books_agree()


def test_what_another_hand_gave_back_is_told(settled, told, api, stack, database):
    """At the provider itself, by a person: nobody here knows what for. Of somebody else's payments nothing is told."""
    order, payment = settled
    intent, = database("billing", "SELECT provider_reference FROM payment WHERE id = %s", (payment["id"],))[0]
    for of, lines_told in ((intent, 1), ("pi_" + uuid.uuid4().hex, 0)):
        refund = {"id": "re_" + uuid.uuid4().hex, "object": "refund", "status": "succeeded", "amount": GIVEN_BACK, "currency": order["currency"].lower(),
                  "payment_intent": of, "metadata": {}}
        deliver(api, stack.webhook_secret, {"id": "evt_" + uuid.uuid4().hex, "object": "event", "type": "refund.created", "created": 1, "data": {"object": refund}}, 200)
        verdicts, lines = told(refund["id"])
        assert verdicts == ["ignored"] and len(lines) == lines_told
        assert all("was not sent from here" in line and payment["id"] in line for line in lines)
