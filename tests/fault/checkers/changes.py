"""Changes after the sale: what was confirmed is in billing once, as it was shown, and in orders as it is in billing."""

import collections

from . import checker
from .projections import waived_rows

APPLIED = ("awaiting_payment", "confirmed", "lapsed")
PARTS = "due_date, principal, interest, fees, tax, total, paid, status"


@checker
def changes_are_booked_once(evidence):
    """Billing has booked exactly the changes that are applied, each as orders computed it; none is under way any more, none ends without a new version."""
    booked = {row[0]: row[1:] for row in evidence.rows("billing", "SELECT change_id::text, order_id::text, kind FROM receivable_change")}
    for number, order, kind, status, books, version, requested, confirmed in evidence.rows("orders", """
            SELECT id::text, order_id::text, kind, status, posting IS NOT NULL, schedule_version, requested_by::text, confirmed_by::text FROM contract_change"""):
        found = booked.pop(number, None)
        applied = status in APPLIED and books
        if found != ((order, kind) if applied else None):
            yield f"change {number} ({kind} of {order}) is {status}, booked is {found}"
        if applied != (version is not None):
            yield f"change {number} ({kind} of {order}) is {status} and made version {version}"
        if status == "confirming":
            yield f"change {number} ({kind} of {order}) was confirmed, and nothing came of it"
        if kind == "write_off" and confirmed is not None and confirmed == requested:
            yield f"change {number}: {confirmed} asked for a write-off and confirmed it"
    for number, (order, kind) in booked.items():
        yield f"billing has booked {number} ({kind} of {order}), which orders does not know"


@checker
def what_was_shown_was_done(evidence):
    """Who was told that a change is confirmed finds it applied, or what became of it; the version it made has the rows that were shown."""
    kept = {row[0]: row[1:] for row in evidence.rows("orders", "SELECT id::text, status, schedule_version, contract_id::text FROM contract_change")}
    rows = collections.defaultdict(list)
    for contract, version, *row in evidence.rows("orders", """
            SELECT contract_id::text, version, number, due_date::text, principal, interest, fees, tax, total FROM installment WHERE version > 1
            ORDER BY contract_id, version, number"""):
        rows[contract, version].append(tuple(row))
    for call in evidence.record.named("confirm_change"):
        if call.outcome != "ok":
            continue
        status, version, contract = kept.get(call.reply["id"], (None, None, None))
        if status not in (*APPLIED, "refused"):
            yield f"{call}: change {call.reply['id']} is {status}"
        shown = [tuple(row[part] for part in ("number", "due_date", "principal", "interest", "fees", "tax", "total")) for row in call.reply["result"]["installments"]]
        if version is not None and rows[contract, version] != shown:
            yield f"{call}: shown were {shown}, version {version} is {rows[contract, version]}"
    for call in evidence.record.named("cancel_change"):
        status = kept.get(call.reply["id"], (None,))[0] if call.outcome == "ok" else "canceled"
        if status != "canceled":
            yield f"{call}: change {call.reply['id']} is {status}"


@checker
def changed_schedules_are_billings(evidence):
    """Row by row and part by part, for every order that was changed: the version in force is what billing has (which keeps apart what a row carries of interest that was earned before). And versions have no gap."""
    billing, orders = collections.defaultdict(list), collections.defaultdict(list)
    for order, *row in evidence.rows("billing", f"""
            SELECT order_id::text, number, {PARTS.replace('interest', 'interest + carried').replace('total', 'total - penalty')} FROM installment
            WHERE order_id IN (SELECT order_id FROM receivable_change) AND status NOT IN ('rescheduled', 'written_off', 'canceled') AND (total > penalty OR penalty = 0)
            ORDER BY 1, 2"""):   # what is left of a row is its penalty: orders knows of none
        billing[order].append(row)
    for order, *row in evidence.rows("orders", f"""
            SELECT c.order_id::text, i.number, {PARTS.replace('status', 'i.status')} FROM contract c JOIN installment i ON i.contract_id = c.id AND i.version = c.schedule_version
            WHERE c.schedule_version > 1 AND i.status NOT IN ('rescheduled', 'written_off', 'canceled') ORDER BY 1, 2"""):
        orders[order].append(row)
    forgiven = {order for order, _ in waived_rows(evidence)}   # orders' rows stay as agreed until the next change
    for order in billing.keys() | orders.keys():
        if order not in forgiven and billing[order] != orders[order]:
            yield f"order {order}: billing {billing[order]}, orders {orders[order]}"
    yield from (f"contract {row[0]} has {row[1]} versions, {row[2]} changes made one" for row in evidence.rows("orders", """
        SELECT c.id, c.schedule_version, count(h.schedule_version) FROM contract c LEFT JOIN contract_change h ON h.contract_id = c.id
        GROUP BY c.id HAVING c.schedule_version <> count(h.schedule_version) + 1"""))
