"""A payment that comes between billing's answer and the end of the job that applies a change (job_apply_change.c): the answer is older than billing's word on the payment, which is
in the books by then, and the word stays. The job's unit runs here with such an answer, as the service runs it; nothing has to come at the right moment. (Holding the real
job by a lock holds the word back, too: no event passes a transaction that is open.)"""

import contextlib
import json
import os
import sys

import psycopg2
import pytest

from support.access import ROOT

sys.path.append(os.path.join(ROOT, "tests", "bench"))

from bench.statements import Statement   # noqa: E402

GEN = os.path.join(ROOT, "build", "gen")   # of any build: the statements are the same
UNIT = [Statement(GEN, "orders", name) for name in ("lock_order", "follow_account")]
ROWS = """SELECT i.number, i.status, i.paid, i.outstanding, i.revision FROM installment i JOIN contract c ON c.id = i.contract_id
          WHERE c.order_id = %s AND i.version = c.schedule_version ORDER BY i.number"""
ORDER = "SELECT status, fulfilment_status, overdue_since FROM sales_order WHERE id = %s"


@pytest.fixture
def follow(stack):
    """follow(order, change, answer): the last unit of the job that applies it."""
    def run(order, computed, answer):
        with contextlib.closing(psycopg2.connect(stack.database_url("orders"))) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT now() + make_interval(secs => offset_s) FROM clock")
            given = {"order_id": order["id"], "id": computed["id"], "account": json.dumps(answer), "now": str(cursor.fetchone()[0])}
            for number, statement in enumerate(UNIT):
                assert statement.parameters
                cursor.execute(f"PREPARE unit{number}({', '.join('text' for _ in statement.parameters)}) AS {statement.text}".replace("%", "%%"))
                cursor.execute(f"EXECUTE unit{number}({', '.join('%s' for _ in statement.parameters)})", [given.get(each) for each in statement.parameters])
            connection.commit()
    return run


@pytest.fixture
def told(database, wait_until):
    """told(order, condition): what orders knows of rows and order, as soon as billing's word has made it so."""
    def read(order, condition):
        return wait_until(lambda: (lambda known: known if condition(known) else None)(
            (database("orders", ROWS, (order["id"],)), database("orders", ORDER, (order["id"],))[0])), 20, "billing's word")
    return read


def pay(shop, customer, order, amount):
    assert shop.wait_payment(customer, customer.pay(order["id"], amount=amount).json["id"])["status"] == "succeeded"


def rescheduled(shop, order, change, confirm, **members):
    computed = change(shop.staff, order, "reschedule", reason="agreed", **members).json
    confirm(shop.staff, computed)
    return computed


def test_a_part_of_a_row_stays_paid(shop, customer, credit, agrees, account, change, confirm, follow, told, database):
    """Its state is the same before and after: only the revision tells which of the two is newer."""
    order = credit()
    computed = rescheduled(shop, order, change, confirm, installments=7)
    agrees(order)
    pay(shop, customer, order, 700)
    told(order, lambda known: [row for row in known[0] if row[2] == 700])
    before = account(order)
    pay(shop, customer, order, 300)
    known = told(order, lambda known: [row for row in known[0] if row[1:3] == ("partially_paid", 1000)])
    assert [row["status"] for row in before["installments"] if row["paid"] == 700] == ["partially_paid"]
    follow(order, computed, before)
    assert (database("orders", ROWS, (order["id"],)), database("orders", ORDER, (order["id"],))[0]) == known
    agrees(order)


def test_what_was_overdue_and_is_paid_is_not_overdue_again(shop, customer, credit, agrees, account, change, confirm, follow, told, database):
    order = credit()
    shop.advance(65)
    computed = rescheduled(shop, order, change, confirm, installments=7)
    overdue = [row for row in agrees(order)["installments"] if row["status"] == "overdue"]
    before = account(order)
    assert overdue and str(told(order, lambda known: known[1][2])[1][2]) == overdue[0]["due_date"]
    pay(shop, customer, order, sum(row["outstanding"] for row in overdue))
    known = told(order, lambda known: known[1][2] is None and not [row for row in known[0] if row[1] == "overdue"])
    follow(order, computed, before)
    assert (database("orders", ROWS, (order["id"],)), database("orders", ORDER, (order["id"],))[0]) == known
    agrees(order)


def test_a_gate_opens_once(shop, customer, new_product, agrees, account, change, confirm, follow, told, database):
    """The word on the payment has opened it; what the older answer says is paid would not have."""
    product = new_product(price="600.00")
    shop.new_plan(product, release={"policy": "layaway", "percent": "0.5"}, terms={"method": "interest_free", "installments": 6})
    order = shop.buy(customer, product, offer=shop.offers(product)[0], save=False)[0]
    computed = rescheduled(shop, order, change, confirm, installments=4)
    agrees(order)
    before = account(order)
    assert told(order, lambda known: True)[1][1] in (None, "awaiting_release")
    pay(shop, customer, order, 30000)
    known = told(order, lambda known: known[1][1] == "unfulfilled")
    follow(order, computed, before)
    follow(order, computed, account(order))
    assert database("orders", ORDER, (order["id"],))[0] == known[1]
    opened = "SELECT count(*) FROM outbox WHERE type = 'fulfillment.updated' AND subject = %s"
    assert database("orders", opened, (order["id"],)) == [(1,)]
