"""Runs last: after everything the other tests have done, broken and raced, do the services still agree with each other, and do
our books agree with what the provider really took?"""

import collections

import pytest

from deploy.stack.services import SERVICES, WITH_DATABASE

pytestmark = pytest.mark.last

UNDECIDED = ("processing", "unknown", "requires_action")


@pytest.fixture(scope="module", autouse=True)
def at_rest(shop):
    """One more day closed: when that returns, nothing is under way any more."""
    shop.advance(1)


@pytest.mark.parametrize("name", SERVICES)
def test_no_event_was_parked(name, database):
    assert database(name, "SELECT producer, type, error FROM dead_letter LIMIT 5") == []


@pytest.mark.parametrize("name", WITH_DATABASE)
def test_no_job_was_given_up(name, database):
    """But for mails that no server wanted: tests ask for those."""
    assert database(name, "SELECT kind, key, last_error FROM job WHERE state = 'dead' AND kind NOT IN ('send_mail', 'send_wanted_mail', 'send_staff_mail') LIMIT 5") == []


def test_every_event_of_the_provider_was_acted_on(database):
    assert database("billing", "SELECT event_id, type FROM webhook_event WHERE verdict IS NULL LIMIT 5") == []


def test_our_books_are_the_providers(database):
    """Payment by payment: what we say was paid is what was captured and not given back. No double charge, none lost."""
    captured = collections.Counter()
    for payment, amount in database("sandbox", "SELECT metadata ->> 'payment_id', amount - amount_refunded FROM charge WHERE metadata ? 'payment_id'"):
        captured[payment] += amount
    # Some tests speak for the provider and sign events of their own: those payments say nothing about the sandbox's money.
    sent = {event for event, in database("sandbox", "SELECT id FROM event")}
    forged = {payment for event, payment in database(
        "billing", "SELECT event_id, payload::jsonb #>> '{data,object,metadata,payment_id}' FROM webhook_event WHERE type = 'payment_intent.succeeded'")
        if event not in sent}
    wrong = []
    for payment, status, amount in database("billing", """
            SELECT p.id::text, p.status, coalesce(p.received, p.amount) - coalesce((SELECT sum(r.amount) FROM refund r WHERE r.payment_id = p.id AND r.status = 'succeeded'
                                                                                      AND r.destination = 'method' AND r.paid_from IS NULL), 0)::bigint
            FROM payment p WHERE provider IN ('stripe', 'mercadopago')"""):
        taken = captured.pop(payment, 0)
        if payment not in forged and status not in UNDECIDED and taken != (amount if status == "succeeded" else 0):
            wrong.append((payment, status, amount, taken))
    assert wrong == []
    assert dict(captured) == {}, "captured for payments we know nothing of"


def test_the_ledger_is_what_is_owed(database):
    """What the ledger says a customer owes on an order is what its installments say."""
    assert database("billing", """
        SELECT a.order_id, a.total - a.paid AS owed, l.balance
        FROM order_account a
        JOIN LATERAL (SELECT coalesce(sum(CASE WHEN debit_account = 'receivable' THEN amount ELSE 0 END)
                                    - sum(CASE WHEN credit_account = 'receivable' THEN amount ELSE 0 END), 0) AS balance
                      FROM posting p WHERE p.order_id = a.order_id) AS l ON true
        WHERE a.status IN ('active', 'settled') AND l.balance <> a.total - a.paid LIMIT 5""") == []
    assert database("billing", """
        SELECT a.order_id, a.paid, sum(i.paid) FROM order_account a JOIN installment i USING (order_id)
        GROUP BY a.order_id, a.paid HAVING sum(i.paid) <> a.paid LIMIT 5""") == []


def of_orders(rows):
    """{order: [row]}, by number."""
    found = collections.defaultdict(list)
    for order, *row in rows:
        found[str(order)].append([str(value) for value in row])
    return {order: sorted(rows, key=lambda row: int(row[0])) for order, rows in found.items()}


@pytest.fixture
def changed_elsewhere(database):
    """Orders whose receivables a test changed by billing's own operation: orders knows nothing of that."""
    known = {change for change, in database("orders", "SELECT id::text FROM contract_change")}
    return {order for change, order in database("billing", "SELECT change_id::text, order_id::text FROM receivable_change") if change not in known}


def test_orders_show_what_billing_knows(database, changed_elsewhere):
    """The version in force is what billing has, row by row, to the cent, status and day, but for what being late costs and what was waived, which no schedule says; of rows that others
    have replaced orders shows none that is owed."""
    open_rows = "status NOT IN ('rescheduled', 'written_off', 'canceled')"
    billing = of_orders(database("billing", f"""
        SELECT i.order_id, i.number, i.due_date, i.principal + w.principal, i.interest + i.carried + w.interest, i.fees + w.fees, i.tax + w.tax,
               i.total - i.penalty + w.principal + w.interest + w.fees + w.tax, i.paid, i.status
        FROM installment i
        CROSS JOIN LATERAL (SELECT {', '.join(f"coalesce(sum(amount) FILTER (WHERE part = '{part}'), 0) AS {part}" for part in ('principal', 'interest', 'fees', 'tax'))}
                            FROM allocation a WHERE a.order_id = i.order_id AND a.number = i.number AND a.kind = 'waiver') AS w
        WHERE i.{open_rows}"""))
    orders = of_orders(database("orders", f"""
        SELECT c.order_id, i.number, i.due_date, i.principal, i.interest, i.fees, i.tax, i.total, i.paid, i.status
        FROM installment i JOIN contract c ON c.id = i.contract_id AND i.version = c.schedule_version JOIN sales_order o ON o.id = c.order_id
        WHERE i.{open_rows} AND o.status <> 'draft' AND o.cancel_reason IS NULL"""))
    compared = (billing.keys() | orders.keys()) - changed_elsewhere
    wrong = {order: (orders.get(order), billing.get(order)) for order in compared if orders.get(order) != billing.get(order)}
    assert dict(list(wrong.items())[:3]) == {}
    assert database("orders", """
        SELECT c.order_id, i.number FROM installment i JOIN contract c ON c.id = i.contract_id AND i.version = c.schedule_version
        WHERE i.status IN ('rescheduled', 'written_off', 'canceled') AND i.outstanding <> 0 AND c.schedule_version > 1 LIMIT 5""") == []


def test_changes_made_through_orders_are_booked_once(database):
    """Exactly those that are in force: none lost, none twice, none that was refused, each a version of its own."""
    booked = {row[0]: row[1:] for row in database("billing", "SELECT change_id::text, order_id::text, kind FROM receivable_change")}
    changes = database("orders", """
        SELECT id::text, order_id::text, kind, status IN ('awaiting_payment', 'confirmed', 'lapsed') AND posting IS NOT NULL, schedule_version IS NOT NULL
        FROM contract_change WHERE status <> 'confirming'""")
    wrong = [(change, booked.get(change)) for change, order, kind, applied, version in changes
             if (booked.get(change) == (order, kind)) != applied or version != applied or not applied and change in booked]
    assert wrong == []
    assert database("orders", "SELECT id, kind FROM contract_change WHERE status = 'confirming'") == []
    assert database("orders", """
        SELECT c.id, c.schedule_version, count(h.schedule_version) FROM contract c LEFT JOIN contract_change h ON h.contract_id = c.id
        GROUP BY c.id HAVING c.schedule_version <> count(h.schedule_version) + 1""") == []


def test_cases_are_open_for_what_is_overdue(database):
    overdue = {str(order): int(amount) for order, amount in database(
        "billing", "SELECT order_id, sum(total - paid) FROM installment WHERE status = 'overdue' GROUP BY order_id")}
    cases = {str(order): amount for order, amount in database(
        "collections", "SELECT order_id, overdue FROM collection_case WHERE status NOT IN ('cured', 'settled', 'written_off', 'closed')")}
    assert cases == overdue


def test_stock_is_the_sum_of_what_happened(database):
    """Held is what reservations hold; on hand is the sum of all movements; none below zero (the table checks that too)."""
    held = collections.Counter()
    for product, quantity in database("catalog", """
            SELECT line ->> 'product_id', (line ->> 'quantity')::bigint FROM reservation, jsonb_array_elements(lines) AS line
            WHERE status IN ('held', 'extended')"""):
        held[product] += quantity
    wrong = [(product, now, held[product]) for product, now in database("catalog", "SELECT product_id::text, held FROM stock") if now != held[product]]
    assert wrong == []
    assert database("catalog", """
        SELECT s.product_id, s.on_hand, sum(m.quantity) FROM stock s LEFT JOIN stock_movement m USING (product_id)
        GROUP BY s.product_id, s.on_hand HAVING s.on_hand <> coalesce(sum(m.quantity), 0) LIMIT 5""") == []


def test_sold_is_what_was_ordered(database):
    """A confirmed order took its stock once (what comes back of one that is undone is a movement of its own), an expired one not at all."""
    sold = {reference: -int(quantity) for reference, quantity in database(
        "catalog", "SELECT reference, sum(quantity) FROM stock_movement WHERE reason = 'sale' GROUP BY reference")}
    ordered = {str(reservation): int(quantity) for reservation, quantity in database("orders", """
        SELECT o.reservation_id, sum(l.quantity) FROM sales_order o JOIN order_line l ON l.order_id = o.id
        WHERE o.confirmed_at IS NOT NULL GROUP BY o.reservation_id""")}
    assert sum(sold.values()) == sum(ordered.values())


def test_the_chain_of_the_ledger_is_whole(database):
    assert database("billing", "SELECT * FROM ledger_broken LIMIT 5") == []
    assert database("billing", "SELECT count(*) FROM posting WHERE hash IS NULL OR position IS NULL") == [(0,)]
