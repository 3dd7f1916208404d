"""A confirmed return that billing does not apply: refused when it says so, for good, and everything is as before; applied late when it only could not say."""

import concurrent.futures
import contextlib

import psycopg2
import pytest

LINE = [{"line": 1, "quantity": 1}]
WAITING = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def order(shop, customer):
    """Three of ten units, with a method that can be charged."""
    product = shop.new_product(price="400.00", stock=10)
    return shop.buy(customer, product, 3, offer=shop.offer(product, installments=12), save=False)[0]


@pytest.fixture
def billing(stack):
    @contextlib.contextmanager
    def unit():
        with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection, connection.cursor() as cursor:
            yield cursor
    return unit


def test_a_payment_came_first(shop, customer, order, change, confirm, agrees, billing, database, wait_until):
    """Whoever holds the account lets the payment in before the change: both wait for it. What was returned can be sent and returned as before, and its stock stays sold."""
    path = f"/v1/contracts/{order['contract_id']}/changes"
    before = agrees(order)
    shown = change(shop.staff, order, "return", lines=LINE, reason="not wanted").json
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with billing() as cursor:
            cursor.execute("SELECT FROM order_account WHERE order_id = %s FOR UPDATE", (order["id"],))
            paying = pool.submit(customer.pay, order["id"], amount=12345)
            wait_until(lambda: database("billing", f"SELECT {WAITING} AND query LIKE %s", ("%billing.lock_order%",)), 20, "the payment waiting")
            assert confirm(shop.staff, shown, wait=False).json["status"] == "confirming"
            line = customer.api.get(f"/v1/orders/{order['id']}/fulfilment", expect=200).json["lines"][0]
            assert (line["open"], line["taken_back"]) == (2, 1)
        payment = paying.result().json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    refused = wait_until(lambda: (now := shop.staff.get(f"{path}/{shown['id']}", expect=200).json)["status"] != "confirming" and now, 60, "the change decided")
    assert (refused["status"], refused["refusal"], refused["schedule_version"]) == ("refused", "account_changed", None) and refused["ended_at"]
    after = agrees(order)
    assert after["total_payable"] == before["total_payable"] and after["paid"] == before["paid"] + 12345
    line = customer.api.get(f"/v1/orders/{order['id']}/fulfilment", expect=200).json["lines"][0]
    assert (line["open"], line["taken_back"]) == (3, 0)
    assert [row[0] for row in database("orders", "SELECT type FROM outbox WHERE subject = %s AND type IN ('order.change_refused', 'order.restocked', 'order.schedule_changed')", (order["id"],))] == ["order.change_refused"]
    wait_until(lambda: "order.change_refused" in [entry["type"] for entry in shop.staff.pages(f"/v1/customers/{customer.id}/timeline")], 20, "the timeline")
    assert confirm(shop.staff, refused, expect=409).code == "change_not_open"
    # As if it had never been asked for.
    again = change(shop.staff, order, "return", lines=LINE, reason="not wanted").json
    assert confirm(shop.staff, again)["status"] == "confirmed"
    assert agrees(order)["total_payable"] < after["total_payable"]
    sku = customer.order(order["id"])["lines"][0]["sku"]
    wait_until(lambda: shop.product_by_sku(sku)["available"] == 8, 20, "the unit for sale again")


HIDE = ("ALTER TABLE order_account ENABLE ROW LEVEL SECURITY", "CREATE POLICY others ON order_account USING (order_id <> '{}')")
SHOW = ("DROP POLICY IF EXISTS others ON order_account", "ALTER TABLE order_account DISABLE ROW LEVEL SECURITY")


@pytest.mark.parametrize("booked", (False, True))
def test_billing_cannot_say(stack, shop, customer, order, change, confirm, agrees, billing, database, wait_until, booked):
    """It does not know the order for a while, as after a restore. That is no refusal: the change may be booked already, its answer lost."""
    path = f"/v1/contracts/{order['contract_id']}/changes"
    shown = change(shop.staff, order, "return", lines=LINE, reason="not wanted").json
    waits = lambda service: wait_until(lambda: database(service, f"SELECT count(*) > 0 {WAITING}")[0][0], 20, f"{service} waiting")
    now = lambda: shop.staff.get(f"{path}/{shown['id']}", expect=200).json
    tries = lambda: database("orders", "SELECT attempts, last_error FROM job WHERE kind = 'apply_change' AND payload ->> 'change_id' = %s", (shown["id"],))
    hide = lambda cursor: [cursor.execute(each.format(order["id"])) for each in HIDE]
    try:
        with contextlib.closing(psycopg2.connect(stack.database_url("orders"))) as connection, connection.cursor() as orders:
            with billing() as cursor:
                cursor.execute("SELECT FROM order_account WHERE order_id = %s FOR UPDATE", (order["id"],))
                assert confirm(shop.staff, shown, wait=False).json["status"] == "confirming"
                waits("billing")
                if booked:
                    orders.execute("SELECT FROM contract_change WHERE id = %s FOR UPDATE", (shown["id"],))
                else:
                    hide(cursor)
            if booked:   # and whoever should have written down its answer dies
                waits("orders")
                with billing() as cursor:
                    hide(cursor)
                assert len(database("orders", f"SELECT pg_terminate_backend(pid) {WAITING}")) == 1
            connection.rollback()
        wait_until(lambda: (rows := tries()) and "not_found" in (rows[0][1] or "") and rows, 30, "a try without an answer")
        assert now()["status"] == "confirming"
        assert len(database("billing", "SELECT FROM receivable_change WHERE change_id = %s", (shown["id"],))) == booked
    finally:
        with billing() as cursor:
            for each in SHOW:
                cursor.execute(each)
    assert wait_until(lambda: (is_now := now())["status"] != "confirming" and is_now, 60, "the change applied")["status"] == "confirmed"
    assert agrees(order)["version"] == 2
