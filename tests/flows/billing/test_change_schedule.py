"""POST /internal/orders/{id}/schedule: what is agreed after a sale changes what is owed, once, and the books with it."""

import concurrent.futures
import datetime
import uuid

import pytest

from support.schedule_change import Change, PARTS
from support.stripe_event import deliver


@pytest.fixture
def account(as_service):
    """As a change answers it, too; nothing is waived here."""
    def read(order):
        account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
        assert account.pop("waived") == []
        return account
    return read


@pytest.fixture
def apply(as_service, books_agree):
    """Applies a change; what follows from it for every account is checked."""
    def send(change, expect=200, **members):
        reply = as_service.post(change.path, change.body(**members), expect=expect)
        books_agree()
        if expect == 200:
            assert (reply.json["total"], reply.json["paid"]) == (change.total, change.account["paid"] - change.refund)
            return reply.json
        return reply
    return send


@pytest.fixture
def credit(shop, customer):
    """A confirmed order in twelve monthly installments with interest, 20 % paid as a deposit."""
    def buy(save=False):
        product = shop.new_product(price="1200.00")
        return shop.buy(customer, product, offer=shop.offer(product, installments=12), save=save)[0]
    return buy


def owed(account):
    return [row for row in account["installments"] if row["paid"] < row["total"]]


def row(account, number):
    return next(each for each in account["installments"] if each["number"] == number)


def day(text):
    return datetime.date.fromisoformat(text)


def events(database, order, change):
    return database("billing", """SELECT (data ->> 'number')::int, data ->> 'status', (data ->> 'outstanding')::bigint, (data ->> 'revision')::int FROM outbox
                                  WHERE type = 'installment.updated' AND subject = %s AND data ->> 'change' = %s ORDER BY id""", (order["id"], change.kind))


def pay(shop, customer, order, amount=None):
    payment = customer.pay(order["id"], amount=amount).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    return payment


def rescheduled(now, kind="reschedule", days=90, interest=0):
    """All that is owed, in two rows later on."""
    change = Change(now, kind)
    for each in owed(now):
        change.replace(each)
    principal, due = -change.adjustments["principal"], max(day(each["due_date"]) for each in owed(now))
    return change.add(due + datetime.timedelta(days=days), principal // 2, interest).add(due + datetime.timedelta(days=2 * days), principal - principal // 2)


def test_rescheduled(shop, customer, credit, account, apply, database, statement_foots):
    order = credit()
    pay(shop, customer, order, amount=5000)     # part of the first installment
    now = account(order)
    change = rescheduled(now, interest=2500)
    after = apply(change)
    assert after == account(order) and after["account_revision"] != now["account_revision"] and after["status"] == "active"
    assert [(each["number"], each["total"], each["paid"]) for each in owed(after)] == [(each["number"], each["total"], 0) for each in change.installments]
    first = row(after, 1)
    assert (first["status"], first["total"], first["paid"]) == ("paid", 5000, 5000)
    assert {row(after, number)["status"] for number in range(2, 13)} == {"rescheduled"}
    told = events(database, order, change)
    assert [each[0] for each in told] == [13, 14, *range(1, 13)]
    assert told[0] == (13, "scheduled", change.installments[0]["total"], 1) and told[3] == (2, "rescheduled", 0, row(after, 2)["revision"])
    kept, = database("billing", "SELECT kind, reason, before, after, principal, interest + earned, refund FROM receivable_change WHERE order_id = %s", (order["id"],))
    assert kept == ("reschedule", change.reason, now, after, 0, change.adjustments["interest"], 0)
    # The money of the next payment goes to the new rows, and the link shows nothing of the old ones.
    pay(shop, customer, order)
    assert row(account(order), 13)["status"] == "paid"
    statement_foots(customer)


def test_applied_once(credit, account, apply, as_service, database):
    change = rescheduled(account(credit()))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: as_service.post(change.path, change.body(), expect=200).json, range(8)))
    assert all(reply == replies[0] for reply in replies)
    again = apply(change)
    assert again == replies[0]
    assert database("billing", "SELECT changes FROM order_account WHERE order_id = %s", (change.account["order_id"],)) == [(1,)]
    assert apply(change, 422, reason="another").code == "idempotency_key_reused"
    assert apply(Change(account({"id": change.account["order_id"]}), "skip").replace(owed(again)[0]), 422).code == "schedule_unbalanced"


def test_computed_from_what_is_no_more(shop, customer, credit, account, apply):
    order = credit()
    change = rescheduled(account(order))
    pay(shop, customer, order, amount=100)
    assert apply(change, 409).code == "account_changed"
    apply(rescheduled(account(order)))
    assert apply(change, 409).code == "account_changed"


def test_not_while_a_payment_is_being_taken(shop, customer, credit, account, apply, sandbox):
    order = credit()
    payment = customer.pay(order["id"], "pm_sim_lostWebhook").json
    now = account(order)
    assert now["payment_in_progress"]
    assert apply(rescheduled(now), 409).code == "payment_in_progress"
    shop.advance(1)
    assert shop.wait_payment(customer, payment["id"], 60)["status"] == "succeeded"
    apply(rescheduled(account(order)))


def test_of_orders_that_are_not_owed(shop, customer, credit, account, apply, as_service):
    unpaid = account(shop.order(customer))
    assert apply(rescheduled(unpaid), 409).code == "order_unpaid"
    shop.advance(1)
    shop.wait_order(customer, unpaid["order_id"], "expired")
    assert apply(rescheduled(unpaid), 409).code == "order_closed"
    paid, _ = shop.buy(customer)
    pay(shop, customer, paid, amount=owed_sum(account(paid)))
    assert apply(Change(account(paid), "refinance").add(shop.today(), 0, 100), 409).code == "order_paid"
    unknown = f"/internal/orders/{uuid.uuid4()}/schedule"
    assert as_service.post(unknown, rescheduled(unpaid).body(), expect=404).code == "not_found"


def owed_sum(account):
    return account["total"] - account["paid"]


def test_what_does_not_add_up_is_refused(shop, customer, credit, account, apply):
    order = credit()
    pay(shop, customer, order, amount=5000)
    now = account(order)

    def refused(change, part, **members):
        reply = apply(change, 422, **members)
        assert reply.code == "schedule_unbalanced" and part in reply.json["detail"], reply.json

    good = rescheduled(now)
    refused(good, "refund 0", refund=1)
    refused(good, "interest " + str(good.adjustments["interest"]), adjustments={**good.adjustments, "interest": good.adjustments["interest"] - 1})
    refused(good, "twice", replaced=good.replaced + good.replaced[-1:])
    refused(good, "row 99", replaced=good.replaced + [{"number": 99}])
    refused(good, "numbered on", installments=[{**good.installments[0], "number": 20}])
    refused(good, "numbered on", installments=[{**good.installments[0], "total": 1 + good.installments[0]["total"]}])
    refused(good, "changes nothing", replaced=[], installments=[])
    refused(Change(now, "skip").replace(row(now, 1), stays=dict(principal=5001, interest=0, fees=0, tax=0)), "row 1", refund=0)
    refused(Change(now, "reschedule").replace(row(now, 2)), "principal changes by")
    refused(Change(now, "write_off").add(shop.today(), 0, 1), "lowers")
    back = Change(now, "reschedule").replace(row(now, 1), refund=1)
    refused(back.add(shop.today(), -back.adjustments["principal"]), "nothing goes back by")
    refused(Change(now, "return").replace(row(now, 1), refund=1), "while something is owed")
    assert account(order) == now


def test_paid_off_early(shop, customer, credit, account, apply, ledger_of, statement_foots):
    """The rest in one row, its interest what has run; paying it settles the contract. It is not charged by itself."""
    order = credit(save=True)
    shop.wait_until(lambda: any(each["default"] for each in customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the card saved")
    shop.advance(10)
    now = account(order)
    change = Change(now, "payoff")
    for each in owed(now):
        change.replace(each)
    change.add(shop.today(), -change.adjustments["principal"], 640)
    apply(change)
    books = ledger_of(order)
    assert books["deferred_interest"] == -640 and books["interest_income"] == 0
    shop.advance(2)
    assert [each for each in customer.api.pages("/v1/payments", {"order_id": order["id"]}) if each["source"] == "autopay"] == []
    assert row(account(order), 13)["status"] == "due", "orders puts it back by itself"
    assert pay(shop, customer, order)["amount"] == change.installments[0]["total"]
    assert account(order)["status"] == "settled" and ledger_of(order)["receivable"] == 0 and ledger_of(order)["interest_income"] == -640
    shop.wait_until(lambda: customer.api.get(f"/v1/orders/{order['id']}", expect=200)["contract"]["status"] == "settled", 20, "the contract settled")
    statement_foots(customer)


def test_a_payoff_not_paid_is_undone(shop, customer, credit, account, apply):
    order = credit()
    now = account(order)
    change = Change(now, "payoff")
    for each in owed(now):
        change.replace(each)
    apply(change.add(shop.today(), -change.adjustments["principal"]))
    lapsed = account(order)
    back = Change(lapsed, "restore").replace(row(lapsed, 13))
    for each in owed(now):
        back.add(each["due_date"], *(each[part] for part in PARTS))
    after = apply(back)
    assert [[each[name] for name in ("due_date", "total", "paid", "status")] for each in owed(after)] == \
           [[each[name] for name in ("due_date", "total", "paid", "status")] for each in owed(now)]
    assert after["total"] == now["total"]


def test_earned_interest_stays_earned(shop, customer, credit, account, apply, ledger_of):
    """Overdue rows move to a later date: their interest was earned, and is not earned again."""
    order = credit()
    shop.advance_to(day(row(account(order), 2)["due_date"]) + datetime.timedelta(days=1))
    now = account(order)
    earned = row(now, 1)["interest"] + row(now, 2)["interest"]
    assert ledger_of(order)["interest_income"] == -earned and [row(now, n)["earned"] for n in (1, 2, 3)] == [row(now, 1)["interest"], row(now, 2)["interest"], 0]
    interest = sum(each["interest"] for each in owed(now))
    change = rescheduled(now, interest=interest, days=5)
    after = apply(change)
    assert row(after, 13)["earned"] == earned and ledger_of(order)["interest_income"] == -earned
    assert ledger_of(order)["deferred_interest"] == -(interest - earned)
    shop.wait_until(lambda: [each["status"] for each in shop.cases(customer)] == ["cured"], 20, "the case cured")
    # Forgiven after that: what was earned is given up, not what never was.
    forgiven = Change(after, "refinance").replace(row(after, 13))
    forgiven.add(row(after, 13)["due_date"], -forgiven.adjustments["principal"])
    apply(forgiven)
    assert ledger_of(order)["interest_income"] == 0 and ledger_of(order)["deferred_interest"] == 0


def test_returned_and_given_back(shop, customer, credit, account, apply, ledger_of, database, sandbox, statement_foots):
    """More was paid than is owed for what was kept: it goes back of the newest payments, to each at most what it brought."""
    order = credit()
    paid = [pay(shop, customer, order, amount=amount) for amount in (20000, 15000)]
    now = account(order)
    change = Change(now, "return")
    for each in owed(now):
        change.replace(each)
    back = row(now, 0)["paid"] - 5000      # of the deposit; of the others all that was paid stays
    change.replace(row(now, 0), refund=back)
    after = apply(change)
    assert back > 15000 and after["status"] == "settled" and after["paid"] == after["total"]
    refunds = database("billing", "SELECT payment_id::text, amount FROM refund WHERE order_id = %s ORDER BY amount", (order["id"],))
    assert dict(refunds) == {paid[1]["id"]: back if back <= 15000 else 15000, paid[0]["id"]: back - 15000}
    shop.wait_until(lambda: {status for status, in database("billing", "SELECT status FROM refund WHERE order_id = %s", (order["id"],))} == {"succeeded"}, 30, "the money back")
    assert customer.payment(paid[1]["id"])["refunded"] == 15000
    assert sum(charge["amount"] - charge["amount_refunded"] for charge in sandbox.ledger() if charge["metadata"].get("order_id") == order["id"]) == after["paid"]
    books = ledger_of(order)
    assert books["sales_returns"] == -change.adjustments["principal"] and books["customer_credit"] == 0 and books["receivable"] == 0
    statement_foots(customer)


def parts_of(row, **changes):
    return {part: row[part] + changes.get(part, 0) for part in PARTS}


def test_a_return_lowers_what_is_overdue(shop, customer, credit, account, apply, ledger_of, statement_foots):
    """The row stays what it is, past due since its day, and is paid like any other; parts of it may take the place of another's that is settled."""
    order = credit()
    shop.advance_to(day(row(account(order), 2)["due_date"]) + datetime.timedelta(days=3))
    pay(shop, customer, order, amount=100)
    now = account(order)
    first, second = row(now, 1), row(now, 2)
    shop.wait_until(lambda: [each["overdue"] for each in shop.cases(customer)] == [first["total"] + second["total"] - 100], 20, "a case")
    earned = ledger_of(order)["interest_income"]
    # 100 of the first row are its interest; the rest of that takes the place of principal of the second.
    stays = {"principal": 0, "interest": 100, "fees": 0, "tax": 0}
    moved = first["interest"] - 100
    change = Change(now, "return").replace(first, stays=stays).replace(second, stays=parts_of(second, principal=-moved - 500, interest=moved))
    after = apply(change)
    assert change.refund == 0 and -change.adjustments["principal"] == first["principal"] + moved + 500 and change.adjustments["interest"] == 0
    assert (row(after, 1)["status"], row(after, 1)["total"]) == ("paid", 100)
    assert (row(after, 2)["status"], row(after, 2)["total"], row(after, 2)["paid"]) == ("overdue", second["total"] - 500, 0)
    assert row(after, 2)["earned"] == row(after, 2)["interest"] and ledger_of(order)["interest_income"] == earned
    case = lambda: [(each["status"], each["overdue"], each["oldest_due_date"], each["dpd"]) for each in shop.cases(customer)]
    shop.wait_until(lambda: case() == [("open", second["total"] - 500, second["due_date"], 3)], 20, "the case as the row")
    assert pay(shop, customer, order, amount=second["total"] - 500)
    shop.wait_until(lambda: [each["status"] for each in shop.cases(customer)] == ["cured"], 20, "the case cured")
    statement_foots(customer)


def test_only_a_return_lets_a_lowered_row_be_owed(shop, credit, account, apply):
    order = credit()
    now = account(order)
    for kind, stays in (("withdrawal", parts_of(row(now, 1), principal=-1)), ("write_off", parts_of(row(now, 1), principal=-1)),
                        ("return", parts_of(row(now, 1), interest=1)), ("withdrawal", parts_of(row(now, 0), principal=-1, interest=1))):
        reply = apply(Change(now, kind).replace(row(now, 0 if row(now, 0)["interest"] + 1 == stays["interest"] else 1), stays=stays), 422)
        assert reply.code == "schedule_unbalanced" and "is to be more than it was" in reply.json["detail"], (kind, reply)


def test_money_for_principal_pays_interest(shop, customer, credit, account, apply, ledger_of, statement_foots):
    """What was overdue, and what has run by the day, is paid out of what would go back: all of it is earned then."""
    order = credit()
    pay(shop, customer, order, amount=40000)
    shop.advance_to(day(owed(account(order))[0]["due_date"]) + datetime.timedelta(days=10))
    now = account(order)
    late, run = owed(now)[0], 321
    paid = row(now, 0)
    change, due = Change(now, "return"), late["interest"] - min(late["interest"], late["paid"])
    before = ledger_of(order)["interest_income"]
    for each in owed(now):
        change.replace(each)
    assert late["paid"] < late["interest"] or due == 0
    change.replace(paid, stays=parts_of(paid, principal=-20000, interest=due + run))
    after = apply(change)
    assert after["status"] == "settled" and change.refund == 20000 - due - run
    assert row(after, 0)["interest"] == row(after, 0)["earned"] == due + run
    books = ledger_of(order)
    assert books["interest_income"] == before - run and books["deferred_interest"] == 0
    assert books["receivable"] == 0
    statement_foots(customer)


def test_what_a_failed_refund_was_for_is_not_sent_by_a_later_one(shop, customer, credit, account, apply, api, stack, ledger_of, database, sandbox, statement_foots):
    """It stays the customer's credit. What goes back after it is the rest, and no more of that payment than it brought."""
    order = credit()
    deposit = customer.api.get("/v1/payments", {"order_id": order["id"]}, expect=200)["data"][0]
    older, newest = (pay(shop, customer, order, amount=amount) for amount in (20000, 15000))
    now = account(order)
    some = Change(now, "return")
    for each in owed(now):
        some.replace(each)
    some.replace(row(now, 0), refund=4000)
    sandbox.plan(times=200, refund={"reset": "before"})
    apply(some)
    refund, = database("billing", "SELECT id::text, payment_id::text, amount FROM refund WHERE order_id = %s", (order["id"],))
    assert refund[1:] == (newest["id"], 4000)
    told = {"id": "re_" + uuid.uuid4().hex, "object": "refund", "status": "failed", "failure_reason": "expired_or_canceled_card", "amount": 4000, "currency": "usd",
            "metadata": {"refund_id": refund[0]}}
    deliver(api, stack.webhook_secret, {"id": "evt_" + uuid.uuid4().hex, "object": "event", "type": "refund.failed", "created": 1, "data": {"object": told}}, 200)
    shop.wait_until(lambda: database("billing", "SELECT status FROM refund WHERE id = %s", (refund[0],)) == [("failed",)], 20, "the provider's no")
    sandbox.clear()

    now = account(order)
    rest = Change(now, "withdrawal")
    for each in now["installments"]:
        if each["paid"]:
            rest.replace(each, refund=each["paid"])
    assert rest.refund == deposit["amount"] + 20000 + 15000 - 4000
    assert apply(rest)["status"] == "closed"
    refunds = "SELECT payment_id::text, amount, status FROM refund WHERE order_id = %s AND id <> %s"
    expected = {(newest["id"], 11000, "succeeded"), (older["id"], 20000, "succeeded"), (deposit["id"], deposit["amount"], "succeeded")}
    shop.wait_until(lambda: set(database("billing", refunds, (order["id"], refund[0]))) == expected, 30, "the rest given back")
    assert customer.payment(newest["id"])["refunded"] == 11000
    assert sum(charge["amount"] - charge["amount_refunded"] for charge in sandbox.ledger() if charge["metadata"].get("order_id") == order["id"]) == 4000
    assert abs(ledger_of(order)["customer_credit"]) == 4000 and ledger_of(order)["receivable"] == 0
    statement_foots(customer)


def test_all_undone(shop, customer, api, make_link, credit, account, apply, ledger_of, database, statement_foots):
    """A withdrawal gives everything back and closes the account; so it does with one that was settled, and so does a return of all there was."""
    for kind, settled, status in (("withdrawal", False, "canceled"), ("withdrawal", True, "canceled"), ("return", False, "rescheduled")):
        order = credit()
        if settled:
            pay(shop, customer, order, amount=owed_sum(account(order)))
        waiting = None
        if not settled:
            waiting = shop.wait_payment(customer, customer.pay(order["id"], "pm_card_authenticationRequired").json["id"])
        now = account(order)
        change = Change(now, kind)
        for each in now["installments"]:
            change.replace(each, refund=each["paid"])
        after = apply(change)
        assert (after["status"], after["total"], after["paid"]) == ("closed", 0, 0)
        assert {each["status"] for each in after["installments"]} == {status}
        link = api.get(make_link(order["id"], customer.id), expect=200).json
        assert (link["status"], link["payable"], [each["total"] for each in link["installments"]]) == ("closed", 0, [0] * len(now["installments"]) if status == "canceled" else [])
        shop.wait_until(lambda: set(database("billing", "SELECT status FROM refund WHERE order_id = %s", (order["id"],))) == {("succeeded",)}, 30, "the money back")
        assert {name: amount for name, amount in ledger_of(order).items() if amount} == \
               {"sales": -change.account_principal(), "sales_returns": change.account_principal()}
        assert customer.pay(order["id"], expect=409).code == "order_closed"
        if waiting:
            shop.wait_until(lambda: customer.payment(waiting["id"])["status"] == "canceled", 30, "the payment that waited canceled")
    statement_foots(customer)


def test_written_off(shop, customer, credit, account, apply, ledger_of, statement_foots):
    order = credit()
    shop.advance_to(day(row(account(order), 1)["due_date"]) + datetime.timedelta(days=1))
    pay(shop, customer, order, amount=100)
    shop.wait_until(lambda: [each["status"] for each in shop.cases(customer)] == ["open"], 20, "a case")
    now = account(order)
    change = Change(now, "write_off")
    for each in owed(now):
        change.replace(each)
    after = apply(change)
    assert after["status"] == "written_off" and row(after, 1)["status"] == "paid" and row(after, 2)["status"] == "written_off"
    books = ledger_of(order)
    future = sum(each["interest"] for each in owed(now)[1:])
    assert books["bad_debt"] == owed_sum(now) - future and books["receivable"] == 0 and books["deferred_interest"] == 0
    shop.wait_until(lambda: [each["status"] for each in shop.cases(customer)] == ["written_off"], 20, "the case ended")
    assert customer.pay(order["id"], expect=409).code == "order_written_off"
    assert "cured" not in {each["template"] for each in shop.notifications(customer)}
    assert customer.api.get(f"/v1/orders/{order['id']}", expect=200)["contract"]["status"] == "active"
    statement_foots(customer)


def test_new_rows_are_charged_reminded_and_earned(shop, customer, credit, account, apply, database):
    """What was replaced is not; what replaced it is, on its own dates."""
    order = credit(save=True)
    shop.wait_until(lambda: any(each["default"] for each in customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the card saved")
    now = account(order)
    change, due = Change(now, "due_day"), day(row(now, 1)["due_date"]) + datetime.timedelta(days=5)
    change.replace(row(now, 1)).add(due, row(now, 1)["principal"], row(now, 1)["interest"] + 30)
    apply(change)
    shop.advance_to(due - datetime.timedelta(days=1))
    autopay = lambda: [each for each in customer.api.pages("/v1/payments", {"order_id": order["id"]}) if each["source"] == "autopay"]
    assert autopay() == []
    reminded = "SELECT (data ->> 'number')::int, (data ->> 'amount')::bigint FROM outbox WHERE type = 'installment.due_soon' AND subject = %s"
    assert database("billing", reminded, (order["id"],)) == [(13, change.installments[0]["total"])]
    shop.advance_to(due)
    payment, = autopay()
    assert payment["amount"] == change.installments[0]["total"] and row(account(order), 13)["status"] == "paid"
    earned = "SELECT installment_number, amount FROM posting WHERE order_id = %s AND kind = 'interest'"
    assert database("billing", earned, (order["id"],)) == [(13, row(now, 1)["interest"] + 30)]
