"""POST /v1/payments/{id}/refunds: staff give money of a payment back; what it had paid is owed again."""

import concurrent.futures
import uuid

import pytest

from support.stripe_event import deliver


@pytest.fixture
def refund(staff):
    def ask(payment, amount=None, expect=201, key=True):
        body = {"reason": "Paid twice at the counter", **({} if amount is None else {"amount": amount})}
        return staff.post(f"/v1/payments/{payment['id']}/refunds", body, key=key, expect=expect)
    return ask


@pytest.fixture
def wait_refund(shop, customer):
    """The refund once it is done."""
    def wait(refund, status="succeeded", attempt=1):
        def reached():
            read = customer.api.get(f"/v1/refunds/{refund['id']}", expect=200).json
            return read if (read["status"], read["attempt"]) == (status, attempt) else None
        return shop.wait_until(reached, 60, f"refund {refund['id']} {status}")
    return wait


@pytest.fixture
def paid_twice(shop, customer):
    """An order whose deposit and two installments are paid, by two payments."""
    order, first = shop.buy(customer, shop.new_product(price="120.00"), save=False)

    def shown(paid):   # the schedule is orders', who hears of payments
        rows = customer.schedule(order["id"])
        return rows if len([row for row in rows if row["status"] == "paid"]) == paid else None
    owed = [row["total"] for row in shop.wait_until(lambda: shown(1), 20, "the first payment in the schedule") if row["paid"] < row["total"]]
    second = customer.pay(order["id"], amount=owed[0] + owed[1]).json
    assert shop.wait_payment(customer, second["id"])["status"] == "succeeded"
    shop.wait_until(lambda: shown(3), 20, "the second payment in the schedule")
    return order, first, second


def given_back(sandbox, payment):
    charge, = [charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") == payment["id"]]
    return charge["amount_refunded"]


def test_a_part_goes_back_and_is_owed_again(paid_twice, refund, wait_refund, shop, customer, staff, sandbox, books_agree, statement_foots):
    """The newest row the payment had paid first: half of it here."""
    order, _, payment = paid_twice
    last = [row for row in customer.schedule(order["id"]) if row["status"] == "paid"][-1]
    asked = refund(payment, last["total"] // 2).json
    assert (asked["status"], asked["kind"], asked["amount"], asked["to"], asked["reason"]) == ("pending", "requested", last["total"] // 2, "method", "Paid twice at the counter")
    assert wait_refund(asked)["reason"] is None   # customers do not see it
    assert customer.payment(payment["id"])["refunded"] == last["total"] // 2 == given_back(sandbox, payment)
    shop.wait_until(lambda: [row for row in customer.schedule(order["id"]) if row["number"] == last["number"]][0]["status"] == "partially_paid", 20, "owed again")
    assert [each["id"] for each in customer.api.pages(f"/v1/payments/{payment['id']}/refunds")] == [asked["id"]]
    assert staff.get(f"/v1/refunds/{asked['id']}", expect=200).json["reason"] == "Paid twice at the counter"
    shop.wait_until(lambda: "refund.succeeded" in [entry["type"] for entry in customer.timeline()], 20, "the timeline")
    books_agree()
    statement_foots(customer)


def test_only_what_the_payment_paid(paid_twice, refund, wait_refund, shop, customer, books_agree):
    """The first payment's money goes back: the deposit is owed again, the installments of the second stay paid."""
    order, first, _ = paid_twice
    wait_refund(refund(first).json)
    shop.wait_until(lambda: customer.schedule(order["id"])[0]["paid"] == 0, 20, "owed again")
    assert [row["status"] for row in customer.schedule(order["id"])][1:3] == ["paid", "paid"]
    assert refund(first, expect=409).code == "nothing_to_refund"
    books_agree()


def test_a_settled_contract_is_open_again(refund, wait_refund, shop, customer, books_agree, database):
    order = shop.order(customer, shop.new_product(price="80.00"))
    payment = customer.pay(order["id"], amount=order["total_payable"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    contract = lambda: customer.api.get(f"/v1/contracts/{order['contract_id']}", expect=200).json["status"]   # noqa: E731
    shop.wait_until(lambda: contract() == "settled", 20, "the contract settled")
    wait_refund(refund(payment, 1000).json)
    shop.wait_until(lambda: contract() == "active", 20, "the contract open again")
    assert shop.invoices(customer, order["id"])[0]["status"] == "open"
    books_agree()
    again = customer.pay(order["id"], amount=1000).json
    assert shop.wait_payment(customer, again["id"])["status"] == "succeeded"
    shop.wait_until(lambda: contract() == "settled", 20, "the contract settled again")
    assert shop.invoices(customer, order["id"])[0]["status"] == "paid"
    books_agree()


def test_what_is_due_later_is_charged_on_its_day(shop, refund, wait_refund, books_agree):
    """An installment paid ahead by mistake is given back; on its due date the kept card pays it."""
    customer = shop.new_customer()
    order, _ = shop.buy(customer, shop.new_product(price="120.00"), save=True)
    next_row = [row for row in customer.schedule(order["id"]) if row["paid"] < row["total"]][0]
    payment = customer.pay(order["id"], amount=next_row["total"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    asked = refund(payment).json
    shop.wait_until(lambda: customer.api.get(f"/v1/refunds/{asked['id']}", expect=200).json["status"] == "succeeded", 30, "the refund")
    shop.advance_to(next_row["due_date"])
    row = shop.wait_until(lambda: [each for each in customer.schedule(order["id"]) if each["number"] == next_row["number"] and each["status"] == "paid"], 30, "it charged")
    assert row[0]["paid"] == next_row["total"]
    books_agree()


def test_refused(paid_twice, refund, shop, customer, staff):
    order, _, payment = paid_twice
    amount = customer.payment(payment["id"])["amount"]
    said = refund(payment, amount + 1, expect=422)
    assert said.code == "refund_too_large" and str(amount) in said["detail"]
    refund({"id": str(uuid.uuid4())}, expect=404)
    staff.post(f"/v1/payments/{payment['id']}/refunds", {"reason": "No key"}, key=None, expect=400)
    customer.api.post(f"/v1/payments/{payment['id']}/refunds", {"reason": "By myself"}, key=True, expect=403)
    declined = customer.pay(shop.order(customer)["id"], "pm_card_chargeDeclined").json
    assert shop.wait_payment(customer, declined["id"])["status"] == "failed"
    assert refund(declined, expect=409).code == "payment_not_made"


def test_twenty_at_once(paid_twice, staff, wait_refund, customer, sandbox, books_agree):
    """Each of them wants all of it: one gets it. And twenty with one key are one."""
    _, first, second = paid_twice

    def ask(payment, key):
        return staff.post(f"/v1/payments/{payment['id']}/refunds", {"reason": "Crowd"}, key=key)

    with concurrent.futures.ThreadPoolExecutor(20) as crowd:
        replies = list(crowd.map(lambda _: ask(second, str(uuid.uuid4())), range(20)))
        same = str(uuid.uuid4())
        twins = list(crowd.map(lambda _: ask(first, same), range(20)))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 19
    assert {reply.status for reply in twins} == {201} and len({reply.json["id"] for reply in twins}) == 1
    wait_refund(twins[0].json)
    wait_refund([reply.json for reply in replies if reply.status == 201][0])
    assert given_back(sandbox, second) == customer.payment(second["id"])["amount"] and given_back(sandbox, first) == customer.payment(first["id"])["amount"]
    books_agree()


def test_one_that_fails_is_sent_again(paid_twice, refund, wait_refund, shop, staff, customer, sandbox, books_agree, statement_foots, database, stack, api):
    """The bank refuses, later; operators see it, and send it once more. What is told again of the first attempt says nothing of the second."""
    _, _, payment = paid_twice
    sandbox.plan(refund={"pending_ms": 200, "fail": True})
    asked = refund(payment, 900).json
    failed = wait_refund(asked, "failed")
    assert failed["failure_code"] == "expired_or_canceled_card" and given_back(sandbox, payment) == 0
    assert asked["id"] in [each["id"] for each in staff.pages("/v1/refunds")]
    books_agree()
    statement_foots(customer)
    again = staff.post(f"/v1/refunds/{asked['id']}/retry", expect=200).json
    assert (again["status"], again["attempt"]) == ("pending", 2)
    wait_refund(asked, "succeeded", attempt=2)
    assert given_back(sandbox, payment) == 900
    assert staff.post(f"/v1/refunds/{asked['id']}/retry", expect=409).code == "refund_not_failed"
    staff.post(f"/v1/refunds/{uuid.uuid4()}/retry", expect=404)
    old = {"id": "re_" + uuid.uuid4().hex, "object": "refund", "status": "failed", "amount": 900, "currency": "usd", "metadata": {"refund_id": asked["id"]}}
    event = "evt_" + uuid.uuid4().hex
    deliver(api, stack.webhook_secret, {"id": event, "object": "event", "type": "refund.failed", "created": 1, "data": {"object": old}}, 200)
    shop.wait_until(lambda: database("billing", "SELECT verdict FROM webhook_event WHERE event_id = %s AND verdict IS NOT NULL", (event,)), 20, "it looked at")
    wait_refund(asked, "succeeded", attempt=2)
    books_agree()
    statement_foots(customer)


def test_one_the_bank_sends_back(paid_twice, refund, wait_refund, customer, staff, sandbox, books_agree, statement_foots):
    """It had succeeded: then the money is here again, and still the customer's."""
    _, _, payment = paid_twice
    sandbox.plan(refund={"bounce_ms": 1500})
    asked = refund(payment, 900).json
    wait_refund(asked, "failed")
    assert customer.payment(payment["id"])["refunded"] == 0 == given_back(sandbox, payment)
    books_agree()
    statement_foots(customer)
    staff.post(f"/v1/refunds/{asked['id']}/retry", expect=200)
    wait_refund(asked, "succeeded", attempt=2)
    assert given_back(sandbox, payment) == 900
    books_agree()
    statement_foots(customer)


@pytest.mark.parametrize("fault", [{"hang": "after"}, {"reset": "after"}, {"status": 500, "when": "after"}])
@pytest.mark.parametrize("die", [False, True])
def test_never_twice(fault, die, paid_twice, refund, wait_refund, sandbox, stack, books_agree):
    """The provider's answer is lost, and billing killed with it: asked before anything is sent again."""
    _, _, payment = paid_twice
    sandbox.plan(refund=fault, webhook={"drop": True})
    asked = refund(payment, 1100).json
    if die:
        stack.kill("billing")
        stack.start_one("billing")
    wait_refund(asked)
    assert given_back(sandbox, payment) == 1100
    sandbox.clear()
    books_agree()
