"""GET /v1/ledger/verify: whether anybody who could has changed the ledger."""

import contextlib

import psycopg2
import pytest

PATH = "/v1/ledger/verify"


def verify(staff, limit=50000):
    """All calls: (broken, the last answer)"""
    broken, cursor, seen = [], None, 0
    while True:
        page = staff.get(PATH, {"limit": limit, **({"cursor": cursor} if cursor else {})}, expect=200).json
        assert page["checked"] <= limit and page["whole"] == (page["broken"] == []) and seen <= page["verified"] <= page["postings"]
        broken, cursor, seen = broken + page["broken"], page["next_cursor"], page["verified"]
        if not cursor:
            return broken, page


def few(database):
    """So many postings a call that the whole ledger, whatever other tests have left in it, is some dozens of calls."""
    return 2 + database("billing", "SELECT count(*) FROM posting")[0][0] // 50


@pytest.fixture
def lane(shop, customer):
    """That of a customer who has bought twice."""
    for _ in range(2):
        shop.buy(customer)
    return int(customer.id[-1], 16)


@pytest.fixture
def tamper(stack, lane):
    """As somebody who may do anything; undone afterwards."""
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM posting WHERE lane = {lane}")
        cursor.execute(f"SELECT position, id FROM posting WHERE lane = {lane} ORDER BY position")
        postings = cursor.fetchall()

        def change(sql):
            cursor.execute(sql.format(lane=lane, last=postings[-1][0]))
            return postings
        yield change
        cursor.execute("BEGIN")
        cursor.execute(f"DELETE FROM posting WHERE lane = {lane}")
        cursor.execute("INSERT INTO posting OVERRIDING SYSTEM VALUE SELECT * FROM kept")
        cursor.execute("COMMIT")


def test_it_is_whole(lane, staff, database):
    broken, last = verify(staff)
    assert broken == [] and last["verified"] == last["postings"] >= database("billing", "SELECT count(*) - 100 FROM posting")[0][0]
    assert last["totals"] and all(each["debit"] == each["credit"] > 0 for each in last["totals"])
    assert verify(staff, few(database))[0] == []


CHANGED, MISSING, END = "this posting, or the one before it, was changed", "a posting before this one is missing", "the end of the chain is not its last posting"


@pytest.mark.parametrize("sql, at, what", [
    ("UPDATE posting SET amount = amount + 1 WHERE lane = {lane} AND position = 2", 2, CHANGED),
    ("UPDATE posting SET effective_on = effective_on - 1 WHERE lane = {lane} AND position = 1", 1, CHANGED),
    ("UPDATE posting SET recorded_at = recorded_at + interval '1 us' WHERE lane = {lane} AND position = {last}", -1, CHANGED),
    ("DELETE FROM posting WHERE lane = {lane} AND position = 2", 3, MISSING),
    ("DELETE FROM posting WHERE lane = {lane} AND position = {last}", -2, END),
    ("INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, effective_on, recorded_at, lane, position, hash)"
     " SELECT gen_random_uuid(), 1, kind, debit_account, credit_account, 1, currency, customer_id, order_id, effective_on, recorded_at, lane, position + 1, hash"
     " FROM posting WHERE lane = {lane} AND position = {last}", None, CHANGED),
    ("UPDATE posting SET position = -position WHERE lane = {lane} AND position IN (2, 3);"
     "UPDATE posting SET position = 5 + position WHERE lane = {lane} AND position IN (-2, -3)", 3, CHANGED)])
def test_what_was_changed_is_named(lane, staff, tamper, database, sql, at, what):
    postings = tamper(sql)
    for limit in (50000, few(database)):
        broken, last = verify(staff, limit)
        assert [each["lane"] for each in broken] == [lane] and broken[0]["what"] == what, broken
        if what == END:
            assert broken[0]["position"] == postings[-1][0]
        elif at is not None:
            assert (broken[0]["position"], broken[0]["posting_id"]) == (at if at > 0 else postings[at][0], postings[at - 1 if at > 0 else at][1]) or "position = -position" in sql
        assert last["next_cursor"] is None


def test_a_lane_without_its_postings(lane, staff, tamper):
    tamper("DELETE FROM posting WHERE lane = {lane}")
    broken, _ = verify(staff)
    assert [(each["lane"], each["what"], each["posting_id"]) for each in broken] == [(lane, END, None)]


def test_what_is_refused(staff, customer, api):
    assert staff.get(PATH, {"limit": 0, "cursor": "MQ"}, expect=422).pointers == ["query:limit"]
    assert staff.get(PATH, {"cursor": "MQ"}, expect=422).pointers == ["query:cursor"]
    customer.api.get(PATH, expect=403)
    api.get(PATH, expect=401)
