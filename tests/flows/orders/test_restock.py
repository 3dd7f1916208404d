"""What of a sale is for sale again: units a return takes back before they were sent, once, whatever is told again; those that were sent when they are back and the return said so."""

import contextlib

import psycopg2
import pytest

from support.client import Api
from support.tokens import identity


@pytest.fixture
def order(shop, customer):
    """Three of ten are sold."""
    product = shop.new_product(price="400.00", stock=10)
    return shop.buy(customer, product, 3, offer=shop.offer(product, installments=12), save=False)[0]


@pytest.fixture
def steps(shop, customer, order, change, confirm):
    """What the shop does, by names of one letter: s(end and deliver), p(ick), b(ack), c(ancel), r(eturn), w(ithdrawal); of so many units; r+: restock."""
    shipments = []

    def ship(status, units):
        body = {"status": status, "lines": [{"line": 1, "quantity": units}]}
        shipments.append(shop.staff.post(f"/v1/orders/{order['id']}/shipments", body, key=True, expect=201).json["id"])

    def event(step, which, **members):
        shop.staff.post(f"/v1/shipments/{shipments[which - 1]}/events", {"step": step, **members}, key=True, expect=201)

    def alter(kind, **members):
        done = confirm(shop.staff, change(shop.staff, order, kind, reason="so it goes", **members).json)
        assert done["status"] == "confirmed"
        return done

    return {"s": lambda units: ship("delivered", units), "p": lambda units: ship("picking", units), "b": lambda which: event("returned", which), "c": lambda which: event("canceled", which),
            "b1": lambda which: event("returned", which, lines=[{"line": 1, "quantity": 1}]), "r": lambda units: alter("return", lines=[{"line": 1, "quantity": units}]),
            "r-": lambda units: alter("return", lines=[{"line": 1, "quantity": units}], restock=False),
            "r+": lambda units: alter("return", lines=[{"line": 1, "quantity": units}], restock=True), "w": lambda _: alter("withdrawal")}


@pytest.fixture
def available(shop, customer, order, wait_until):
    """Waits until so many are; what comes beside it would come with it."""
    sku = customer.order(order["id"])["lines"][0]["sku"]
    return lambda units: wait_until(lambda: shop.product_by_sku(sku)["available"] == units, 20, f"{units} for sale, not {shop.product_by_sku(sku)['available']}")


@pytest.fixture
def movements(database, order):
    def read():
        reservation, = database("orders", "SELECT reservation_id::text FROM sales_order WHERE id = %s", (order["id"],))[0]
        return [row for row in database("catalog", "SELECT reason, quantity FROM stock_movement WHERE reference = %s ORDER BY id", (reservation,))]
    return read


@pytest.mark.parametrize("history, ends", (
    ("r1:8 r1:9", 9),                          # never sent
    ("r+1:8 r-1:9", 9),                        # whatever the return says
    ("s2:7 r1:8 b1:8 r2:8", 8),                # the third was not sent; what comes back is to be inspected
    ("s2:7 r1:8 r+1:8 b1-1:9", 9),             # unless the shop says it is good: when it is back
    ("s2:7 r+1:8 r1:8 b1-1:8", 8),             # the good one was the one never sent
    ("s1:7 b1:7 r+1:8 r2:10", 10),             # back before it was returned
    ("s1:7 b1:7 r1:7 r2:9", 9),                # the same, and nobody vouches for it
    ("s3:7 r1:7 r+1:7 b1-1:7 b1-1:8", 8),      # the first that is back may be the one nobody vouches for
    ("s1:7 b1:7 s1:7 r1:7 r1:8 b2:8", 8),      # one was sent again: the one to be sent after the first return may be the one never sent
    ("s1:7 p1:7 r2:8 c2:9", 9),                # picked and canceled is as never sent
    ("s1:7 p1:7 r2:8 c2:9 r+1:9 b1:10", 10),   # so the one that was sent is the one that is vouched for
    ("s1:7 p1:7 r2:8 c2:9 r1:9 b1:9", 9),
    ("s1:7 w0:9 b1:9", 9),                     # of what is undone, what was never sent
    ("r1:8 s1:8 w0:9 b1:9", 9),
    ("p3:7 w0:7 c1:10", 10),                   # was about to be
    ("s1:7 b1:7 r+1:8 w0:10", 10),
    ("r2:9 w0:10", 10),
    ("s3:7 b1:7 r+3:10", 10),                  # all of it, which ends the sale
    ("r3:10", 10)))
def test_what_is_for_sale_again(steps, available, movements, order, shop, database, history, ends):
    for step in history.split():
        what, then = step.split(":")
        name, number = (what[:2], what[2:]) if what[1] in "+-" else (what[0], what[1:])
        if "-" in number:   # one of a shipment's units
            name, number = "b1", number.split("-")[0]
        steps[name](int(number))
        available(int(then))
    assert movements()[0] == ("sale", -3) and {reason for reason, _ in movements()[1:]} <= {"return"} and 10 + sum(quantity for _, quantity in movements()) == ends
    told = [row[0] for row in database("orders", "SELECT data #>> '{lines,0,quantity}' FROM outbox WHERE type = 'order.restocked' AND subject = %s ORDER BY id", (order["id"],))]
    assert told == sorted(set(told)), "each time more"


def test_told_and_done_again(stack, shop, steps, available, movements, order, database):
    """Events and jobs come twice, and late: nothing is counted again; nor by the cancellation of the rest."""
    steps["r"](1)
    available(8)
    steps["r"](1)
    available(9)
    with contextlib.closing(psycopg2.connect(stack.database_url("orders"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("""INSERT INTO outbox (type, subject, customer_id, data, occurred_at)
                          SELECT type, subject, customer_id, data, occurred_at FROM outbox WHERE type = 'order.restocked' AND subject = %s ORDER BY id DESC""", (order["id"],))
        assert cursor.rowcount == 2
        cursor.execute("""INSERT INTO job (kind, key, run_at, payload) SELECT 'apply_change', 'again:' || id, now(), jsonb_build_object('change_id', id)
                          FROM contract_change WHERE order_id = %s""", (order["id"],))
    shop.advance(1)
    available(9)
    assert movements() == [("sale", -3), ("return", 1), ("return", 1)]
    assert database("orders", "SELECT count(*) FROM outbox WHERE type = 'order.restocked' AND subject = %s", (order["id"],)) == [(4,)]
    steps["w"](0)
    available(10)
    with contextlib.closing(psycopg2.connect(stack.database_url("orders"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("""INSERT INTO outbox (type, subject, customer_id, data, occurred_at)
                          SELECT type, subject, customer_id, data, occurred_at FROM outbox WHERE type IN ('order.restocked', 'order.canceled') AND subject = %s ORDER BY id DESC""", (order["id"],))
    shop.advance(1)
    assert movements() == [("sale", -3), ("return", 1), ("return", 1), ("return", 1)]
    available(10)


@contextlib.contextmanager
def unconfirmed(stack, order_id, database):
    """Meanwhile the sale is one whose confirmation was parked: its hold had ended, and catalog has booked nothing."""
    reservation, = database("orders", "SELECT reservation_id::text FROM sales_order WHERE id = %s", (order_id,))[0]

    def becomes(status):
        with contextlib.closing(psycopg2.connect(stack.database_url("catalog"))) as connection, connection, connection.cursor() as cursor:
            cursor.execute("UPDATE reservation SET status = %s WHERE id = %s", (status, reservation))
    becomes("expired")
    yield
    becomes("committed")


def test_before_its_sale_is_booked(stack, steps, available, movements, order, database, wait_until):
    """What is told of a sale whose confirmation is parked is parked with it, or confirming it would take from the stock for good."""
    catalog = Api(stack.service_urls["catalog"])
    signed = {"headers": {"X-Cuotas-Identity": identity(stack.credentials["identity"], "service", "orders", "service")}}
    parked = lambda: database("catalog", "SELECT id, type FROM dead_letter WHERE event::text LIKE %s ORDER BY id", (f"%{order['id']}%",))
    with unconfirmed(stack, order["id"], database):
        steps["r"](1)
        steps["w"](0)
        wait_until(lambda: [kind for _, kind in parked()] == ["order.restocked", "order.canceled"], 30, f"both parked: {parked()}")
        for number, _ in parked():
            assert catalog.post(f"/internal/dead-letters/event-{number}/retry", expect=409, **signed).code == "conflict"
    assert movements() == [("sale", -3)]
    for number, _ in parked():
        catalog.post(f"/internal/dead-letters/event-{number}/retry", expect=200, **signed)
    available(10)
    assert parked() == [] and movements() == [("sale", -3), ("return", 1), ("return", 2)]


def test_only_a_return_says_it(shop, customer, order, change):
    assert change(shop.staff, order, "withdrawal", restock=True, reason="so", expect=422).pointers == ["/restock"]
    shown = change(shop.staff, order, "return", lines=[{"line": 1, "quantity": 1}], restock=True, reason="so").json
    assert shown["request"]["restock"] is True
