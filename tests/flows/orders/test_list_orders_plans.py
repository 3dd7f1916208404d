"""The statements behind GET /v1/orders walk an index in its own order: a page looks at no more orders than it could show, however many there are and
however rare what is asked for. Run on thousands of orders that are undone again."""

import contextlib
import datetime
import json
import os
import sys

import psycopg2
import pytest

from support.access import ROOT

sys.path.append(os.path.join(ROOT, "tests", "bench"))

from bench.statements import Statement   # noqa: E402

GEN = os.path.join(ROOT, "build", "gen")   # of any build: the statements are the same
ROWS, PAGE = 20_000, 101
CUSTOMER = "'0198c0de-0000-7000-8006-000000000001'"
# Every 1,000th waits for its release, every 2,000th is canceled, every 20th is past due; the first customer has 20.
FILL = f"""
    INSERT INTO sales_order (id, customer_id, status, cart_id, contract_id, reservation_id, currency, goods_total, total_payable, created_at, expires_at,
                             confirmed_at, release, fulfilment_status, overdue_since)
    SELECT ('0000c0de-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, ('0198c0de-0000-7000-8006-' || lpad(to_hex(1 + n % {ROWS // 20}), 12, '0'))::uuid,
           CASE WHEN n % 2000 = 0 THEN 'canceled' WHEN n % 3 = 0 THEN 'completed' ELSE 'confirmed' END, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'USD', 1000, 1000,
           timestamptz '2000-01-01' + n * interval '1 hour', timestamptz '2000-01-01', timestamptz '2000-01-01',
           CASE WHEN n % 1000 = 1 THEN '{{"policy": "layaway", "percent": "0.5"}}'::jsonb END, CASE WHEN n % 1000 <> 1 THEN 'fulfilled' END,
           CASE WHEN n % 20 = 0 THEN date '2001-01-01' + n % 700 END
    FROM generate_series(1, {ROWS}) AS n;
    ANALYZE sales_order;
    SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL jit = off"""
MIDDLE = {"after": "'0000c0de-0000-7000-8002-000000002000'"}
DATES = {"placed_from": "'2000-03-01'", "placed_to": "'2000-03-03'", "from_id": "'0000c0de-0000-7000-8002-0000000005a0'",
         "below_id": "'0000c0de-0000-7000-8002-0000000005d0'"}
ASKED = [
    ("list_orders", {}, 1), ("list_orders", MIDDLE, 1), ("list_orders", DATES, 1),
    ("list_orders_status", {"status": "'canceled'"}, 1), ("list_orders_status", {"status": "'confirmed'", **DATES}, 1),
    ("list_orders_customer", {"customer_id": CUSTOMER}, 1), ("list_orders_customer_status", {"customer_id": CUSTOMER, "status": "'canceled'"}, 1),
    ("list_orders_fulfilment", {"fulfilment_status": "'awaiting_release'"}, 3), ("list_orders_fulfilment", {"fulfilment_status": "'fulfilled'", **MIDDLE}, 3),
    ("list_orders_fulfilment", {"fulfilment_status": "'fulfilled'", "status": "'canceled'"}, 1), ("list_orders_fulfilment", {"fulfilment_status": "'fulfilled'", **DATES}, 3),
    ("list_orders_fulfilment", {"fulfilment_status": "'returned'"}, 3),
    ("list_orders_customer_fulfilment", {"customer_id": CUSTOMER, "fulfilment_status": "'fulfilled'"}, 1),
    ("list_orders_overdue", {}, 1), ("list_orders_overdue", {"dpd_min": "'9000'", "dpd_max": "'9010'"}, 1),
    ("list_orders_overdue", {"after_since": "'400'", "after": "'0000c0de-0000-7000-8002-000000002000'"}, 1),
    ("list_orders_overdue_progress", {"status": "'canceled'"}, 5), ("list_orders_overdue_progress", {"fulfilment_status": "'fulfilled'"}, 3),
    ("list_orders_overdue_progress", {"fulfilment_status": "'awaiting_release'", "status": "'confirmed'"}, 1),
    ("list_orders_customer_overdue", {"customer_id": CUSTOMER}, 1),
]


@pytest.fixture(scope="module")
def many(stack):
    """A cursor that sees the orders; they are never committed."""
    with contextlib.closing(psycopg2.connect(stack.database_url("orders"))) as connection, connection.cursor() as cursor:
        cursor.execute(FILL)
        yield cursor
        connection.rollback()


def scans(node):
    """The parts of a plan that read orders."""
    if node.get("Relation Name") == "sales_order":
        yield node
    for each in node.get("Plans", ()):
        yield from scans(each)


def plan_of(cursor, name, **given):
    """What the statement does, run as its service prepares it."""
    statement = Statement(GEN, "orders", name)
    assert given.keys() <= set(statement.parameters)
    values = {"limit": "'20'", "today": "'2026-11-22'", **given}
    types = ", ".join("text" for _ in statement.parameters)
    cursor.execute(f"PREPARE asked({types}) AS {statement.text}".replace("%", "%%"))
    try:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE asked({', '.join(values.get(each, 'NULL') for each in statement.parameters)})")
        return cursor.fetchone()[0][0]["Plan"]
    finally:
        cursor.execute("DEALLOCATE asked")


@pytest.mark.parametrize("name, given, lanes", ASKED, ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value)) if isinstance(value, dict) else "")
def test_a_page_reads_a_page(many, name, given, lanes):
    plan = plan_of(many, name, **given)
    found = list(scans(plan))
    assert found, json.dumps(plan)
    for scan in found:
        read = (scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * scan["Actual Loops"]
        assert scan["Node Type"] in ("Index Scan", "Index Only Scan") and read <= PAGE * lanes, f"{read} orders read: {json.dumps(scan, indent=1)}"
        assert scan.get("Rows Removed by Filter", 0) <= PAGE, json.dumps(scan, indent=1)


@pytest.mark.parametrize("name", ["list_orders_overdue", "list_orders_overdue_progress"])
def test_a_cursor_of_yesterday(many, name):
    """At most so many days past due: at midnight a day leaves the list, and the cursor's id, of that day, says nothing of those that are now its first."""
    many.execute("SELECT overdue_since, count(*) FROM sales_order WHERE overdue_since < '2003-01-01' GROUP BY 1 ORDER BY 1 LIMIT 2")
    (left, _), (first, orders) = many.fetchall()
    days = (datetime.date(2026, 11, 22) - first).days
    plan = plan_of(many, name, limit="'100'", dpd_min=f"'{days}'", dpd_max=f"'{days}'", after_since=f"'{(left - datetime.date(2000, 1, 1)).days}'",
                   after="'ffffffff-ffff-ffff-ffff-ffffffffffff'")
    page, = (node for node in plan["Plans"] if node.get("Subplan Name") == "CTE page")
    assert page["Actual Rows"] == orders
