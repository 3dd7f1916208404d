"""Billing is killed after every few pages while it closes two days, and begins again: each receivable is told, posted and charged for once, as if nothing had been."""

import contextlib
import datetime
import os
import sys

import psycopg2
import pytest

from deploy.stack import Stack

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "tests", "bench"))

from bench import close_run   # noqa: E402

ROWS = 9_000    # three pages of each half of the customers
KILLS = 4
PENALTY = 6     # a day of 95.00 at 24 % a year
# How often each thing was done to a receivable, and to how many of them.
POSTED = "SELECT kind, amount, times, count(*) FROM (SELECT order_id, installment_number, kind, amount, count(*) AS times FROM posting GROUP BY 1, 2, 3, 4) AS p GROUP BY 1, 2, 3 ORDER BY 1"
TOLD = """SELECT status, times, count(*) FROM (SELECT subject, data ->> 'number', data ->> 'status' AS status, count(*) AS times FROM outbox
          WHERE type = 'installment.updated' GROUP BY 1, 2, 3) AS o GROUP BY 1, 2 ORDER BY 1"""
OWED = """SELECT count(*), count(*) FILTER (WHERE a.total = i.total) FROM order_account a JOIN (SELECT order_id, sum(total) AS total FROM installment GROUP BY 1) AS i USING (order_id)"""


@pytest.fixture
def late_shop(scratch):
    """A stack without billing, with so many receivables that fall due on its yesterday: (stack, its today)."""
    stack = Stack(os.path.join(scratch, "close"), binaries=os.environ.get("CUOTAS_BIN"), report=lambda text: None)
    try:
        stack.start()
        today = datetime.date.fromisoformat(stack.postgres.sql("SELECT (now() AT TIME ZONE 'America/Bogota')::date").strip())
        close_run.prepare(stack, ROWS, today - datetime.timedelta(days=1))
        yield stack, today
    finally:
        stack.stop()


def test_each_receivable_once(late_shop, wait_until):
    stack, today = late_shop
    amid = 0
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True

        def rows(query):
            cursor.execute(query)
            return cursor.fetchall()

        def closed():
            return rows("SELECT closed_on FROM clock") == [(today,)]

        while amid < KILLS and not closed():
            posted, = rows("SELECT count(*) FROM posting")[0]
            stack.start_one("billing")
            wait_until(lambda: closed() or rows("SELECT count(*) FROM posting")[0][0] > posted, 60, "a page more, or the end")
            stack.kill("billing")
            amid += rows("SELECT count(*) FROM posting")[0][0] % ROWS > 0
        assert amid > 1
        stack.start_one("billing")
        wait_until(closed, 60, "both days closed")
        assert rows(POSTED) == [("interest", 500, 1, ROWS), ("penalty", PENALTY, 1, ROWS)]
        assert rows(TOLD) == [("due", 1, ROWS), ("overdue", 1, ROWS)]
        assert rows(OWED) == [(ROWS, ROWS)]
        assert rows("SELECT lane, position, what FROM ledger_broken") == []
