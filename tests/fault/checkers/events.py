"""Every event applied exactly once by everybody the contracts say consumes it, and every change that must be told was told once."""

import collections

from . import checker
from deploy.stack.services import SERVICES

# (consumer, producer): {event type: (which events have an effect, SQL in the producer's outbox; the effects, SQL in the consumer)}. Both answer
# keys; the two lists must be the same, repetitions included. `crm` keeps an event's own id, so does `notifications`.
TIMELINE = "SELECT id::text FROM timeline_entry WHERE type = '{type}'"
NOTICE = "SELECT event_id::text FROM notification WHERE template = '{template}'"
BY_ID = "SELECT event_id::text FROM outbox WHERE type = '{type}' AND customer_id IS NOT NULL"


def told(type, customers=None):
    return f"SELECT event_id::text FROM outbox WHERE type = '{type}'" + (f" AND {customers}" if customers else "")


def data_of(type, member, condition="true"):
    return f"SELECT data ->> '{member}' FROM outbox WHERE type = '{type}' AND {condition}"


EFFECTS = {
    ("billing", "orders", "order.placed"): (data_of("order.placed", "order_id"), "SELECT order_id::text FROM order_account"),
    ("billing", "orders", "legal_rate.recorded"): (data_of("legal_rate.recorded", "id"), "SELECT id::text FROM legal_rate"),
    ("catalog", "orders", "order.confirmed"): (data_of("order.confirmed", "reservation_id"), "SELECT DISTINCT reference FROM stock_movement WHERE reason = 'sale'"),
    ("catalog", "orders", "order.canceled"): (data_of("order.canceled", "reservation_id", "NOT (data ->> 'sent')::boolean"),
                                              "SELECT id::text FROM reservation WHERE status = 'released' AND id::text IN (SELECT reference FROM stock_movement WHERE reason = 'sale')"),
    # Told in all each time; of a sale that was undone unsent, order.canceled put back the rest.
    ("catalog", "orders", "order.restocked"): (
        "SELECT concat_ws('/', data ->> 'reservation_id', l ->> 'product_id', max((l ->> 'quantity')::bigint)) FROM outbox, jsonb_array_elements(data -> 'lines') AS l "
        "WHERE type = 'order.restocked' AND subject NOT IN (SELECT subject FROM outbox WHERE type = 'order.canceled' AND NOT (data ->> 'sent')::boolean) "
        "GROUP BY data ->> 'reservation_id', l ->> 'product_id'",
        "SELECT concat_ws('/', reference, product_id, sum(quantity)) FROM stock_movement WHERE reason = 'return' "
        "AND reference NOT IN (SELECT id::text FROM reservation WHERE status = 'released') GROUP BY reference, product_id"),
    ("billing", "orders", "fulfillment.updated"): None,   # only where a deposit has an invoice of its own
    ("catalog", "orders", "order.expired"): None,        # stock.reservations_follow_their_orders: the hold may have ended by itself before
    ("catalog", "orders", "order.declined"): None,       # the same
    ("orders", "billing", "payment.succeeded"): (data_of("payment.succeeded", "order_id", "(data ->> 'first')::boolean"),
                                                 "SELECT id::text FROM sales_order WHERE confirmed_at IS NOT NULL"),
    # The last word on a contract counts: what was paid may be open again, and paid once more.
    ("orders", "billing", "contract.paid"): (
        "SELECT subject FROM (SELECT DISTINCT ON (subject) subject, type FROM outbox WHERE type IN ('contract.paid', 'contract.reopened') ORDER BY subject, xid DESC, id DESC) AS last "
        "WHERE type = 'contract.paid'", "SELECT id::text FROM contract WHERE settled_at IS NOT NULL"),
    ("collections", "billing", "dispute.opened"): (data_of("dispute.opened", "dispute_id"), "SELECT dispute_id::text FROM dispute_hold"),
    ("collections", "billing", "dispute.closed"): (data_of("dispute.closed", "dispute_id"), "SELECT dispute_id::text FROM dispute_hold WHERE NOT open"),
    ("orders", "billing", "contract.reopened"): None,          # by the same
    ("orders", "billing", "contract.written_off"): None,       # projections.written_off_is_said_of_both
    ("orders", "billing", "installment.updated"): None,        # projections.schedules_follow_billing
    ("collections", "billing", "installment.updated"): None,   # projections.cases_follow_billing
    ("orders", "collections", "case.opened"): (data_of("case.opened", "case_id"), "SELECT id FROM credit_book, jsonb_each_text(marks) AS m(id, word) WHERE word IN ('open', 'cured')"),
    ("orders", "collections", "case.cured"): (data_of("case.cured", "case_id"), "SELECT id FROM credit_book, jsonb_each_text(marks) AS m(id, word) WHERE word = 'cured'"),
    ("orders", "crm", "customer.segments_changed"): (
        "SELECT (data ->> 'customer_id') || '/' || max((data ->> 'revision')::bigint) FROM outbox WHERE type = 'customer.segments_changed' GROUP BY data ->> 'customer_id'",
        "SELECT customer_id || '/' || revision FROM customer_segments"),
    ("notifications", "crm", "staff.invited"): (told("staff.invited"), "SELECT event_id::text FROM notification WHERE template IN ('staff_invitation', 'staff_password')"),
    ("notifications", "crm", "customer.registered"): (told("customer.registered"), NOTICE.format(template="welcome")),
    ("notifications", "orders", "order.confirmed"): (told("order.confirmed"), NOTICE.format(template="order_confirmed")),
    ("notifications", "orders", "order.review_started"): (told("order.review_started"), NOTICE.format(template="order_in_review")),
    ("notifications", "orders", "order.approved"): (told("order.approved"), NOTICE.format(template="order_approved")),
    ("notifications", "orders", "order.declined"): (told("order.declined"), NOTICE.format(template="order_not_approved")),
    ("notifications", "orders", "contract.settled"): (told("contract.settled"), NOTICE.format(template="settled")),
    ("notifications", "orders", "fulfillment.updated"): (told("fulfillment.updated", "data ->> 'step' IN ('shipped', 'delivered')"),
                                                         "SELECT event_id::text FROM notification WHERE template IN ('order_shipped', 'order_delivered')"),
    ("notifications", "orders", "cart.abandoned"): (told("cart.abandoned"), NOTICE.format(template="cart_left")),
    ("notifications", "orders", "cart.ordered"): None,         # there may be nothing left to stop
    ("notifications", "orders", "quote.approved"): (told("quote.approved"), NOTICE.format(template="quote_approved")),
    ("notifications", "orders", "quote.expiring"): (told("quote.expiring"), NOTICE.format(template="quote_expiring")),
    ("notifications", "orders", "quote.voided"): (told("quote.voided", "(data ->> 'withdrawn')::boolean"), NOTICE.format(template="quote_voided")),
    ("notifications", "orders", "order.change_refused"): (told("order.change_refused", "data ->> 'kind' <> 'write_off'"), NOTICE.format(template="change_refused")),
    ("notifications", "orders", "order.change_canceled"): (told("order.change_canceled", "data ->> 'requested_as' <> data ->> 'canceled_as' AND data ->> 'canceled_as' = 'staff'"),
                                                           NOTICE.format(template="change_canceled")),
    # What is paid off is told of by contract.settled.
    ("notifications", "orders", "order.schedule_changed"): (
        told("order.schedule_changed", "data ->> 'kind' <> 'write_off' AND (data ->> 'kind' IN ('restore', 'cancellation', 'withdrawal') OR (data ->> 'refund')::bigint > 0 "
                                       "OR (data ->> 'total')::bigint = 0 OR (data ->> 'outstanding')::bigint > 0)"),
        "SELECT event_id::text FROM notification WHERE template IN ('schedule_changed', 'schedule_changed_refund', 'change_to_pay', 'change_lapsed', 'sale_undone', 'sale_undone_refund')"),
    ("notifications", "crm", "customer.consents_changed"): (
        "SELECT (data ->> 'customer_id') || '/' || max((data ->> 'revision')::bigint) FROM outbox WHERE type = 'customer.consents_changed' GROUP BY data ->> 'customer_id'",
        "SELECT customer_id || '/' || consents_revision FROM contact WHERE consents_revision > 0"),
    ("notifications", "billing", "payment.succeeded"): (told("payment.succeeded"), "SELECT event_id::text FROM notification WHERE template IN ('receipt', 'receipt_excess', 'receipt_credit', 'receipt_recovered', 'payment_returned', 'payment_credited')"),
    ("notifications", "billing", "refund.succeeded"): (told("refund.succeeded", "(data ->> 'to', data ->> 'kind') <> ('credit', 'excess')"),
                                                       "SELECT event_id::text FROM notification WHERE template IN ('refund_sent', 'refund_paid_out', 'refund_credited')"),
    ("notifications", "billing", "dispute.opened"): (told("dispute.opened"), NOTICE.format(template="dispute_opened")),
    ("notifications", "billing", "mandate.revoked"): (told("mandate.revoked"), NOTICE.format(template="mandate_revoked")),
    ("notifications", "billing", "direct_debit.announced"): (told("direct_debit.announced"), NOTICE.format(template="direct_debit_announced")),
    ("notifications", "billing", "payment_method.expiring"): (told("payment_method.expiring"), NOTICE.format(template="card_expiring")),
    ("notifications", "billing", "dispute.closed"): (told("dispute.closed", "(data ->> 'reopened')::bigint > 0"), NOTICE.format(template="dispute_lost")),
    ("notifications", "billing", "payment.failed"): (told("payment.failed", "data ->> 'source' = 'autopay'"), NOTICE.format(template="payment_failed")),
    ("notifications", "billing", "installment.due_soon"): (told("installment.due_soon"), NOTICE.format(template="reminder")),
    ("notifications", "collections", "dunning.due"): (told("dunning.due"), "SELECT event_id::text FROM notification WHERE template LIKE 'dunning%'"),
    ("notifications", "collections", "case.cured"): (told("case.cured"), NOTICE.format(template="cured")),
    ("crm", "billing", "installment.updated"): (told("installment.updated", "data ->> 'status' = 'overdue' AND NOT data ? 'late'"), TIMELINE.format(type="installment.updated")),
}

QUOTE_TOLD = "SELECT (data ->> 'quote_id') || '/' || (data ->> 'version') FROM outbox WHERE type = 'quote.{}'"

# What must be told: the events of a type, and the changes they tell of, in the same database. Keys again, repetitions included.
TOLD = {
    "crm": {
        "customer.registered": (data_of("customer.registered", "customer_id"), "SELECT id::text FROM customer"),
        "staff.changed": ("SELECT concat_ws('/', data ->> 'staff_id', data ->> 'revision', data ->> 'change', data ->> 'role', data ->> 'status', data ->> 'made_by') FROM outbox WHERE type = 'staff.changed'",
                          "SELECT concat_ws('/', staff_id, version, change, role, status, made_by) FROM staff_change"),
        "staff.invited": (data_of("staff.invited", "invitation_id"), "SELECT id::text FROM staff_invitation"),
        "customer.segments_changed": ("SELECT (data ->> 'customer_id') || '/' || (data ->> 'revision') FROM outbox WHERE type = 'customer.segments_changed'",
                                      "SELECT customer_id || '/' || generate_series(1, version) FROM customer_segments"),
        "customer.consents_changed": ("SELECT (data ->> 'customer_id') || '/' || (data ->> 'revision') FROM outbox WHERE type = 'customer.consents_changed'",
                                      "SELECT id || '/' || generate_series(1, consents_revision) FROM customer"),
    },
    "orders": {
        "order.placed": (data_of("order.placed", "order_id"), "SELECT id::text FROM sales_order WHERE status <> 'draft' AND cancel_reason IS NULL"),
        "order.review_started": (data_of("order.review_started", "order_id"), "SELECT order_id::text FROM credit_review"),
        "order.approved": (data_of("order.approved", "order_id"), "SELECT order_id::text FROM credit_review WHERE status = 'approved'"),
        "order.declined": (data_of("order.declined", "order_id"), "SELECT id::text FROM sales_order WHERE cancel_reason IS NOT NULL"),
        "order.confirmed": (data_of("order.confirmed", "order_id"), "SELECT id::text FROM sales_order WHERE confirmed_at IS NOT NULL"),
        "order.expired": (data_of("order.expired", "order_id"), "SELECT id::text FROM sales_order WHERE status = 'expired'"),
        "contract.settled": ("SELECT DISTINCT data ->> 'contract_id' FROM outbox WHERE type = 'contract.settled' AND data ->> 'contract_id' IN (SELECT id::text FROM contract "
                             "WHERE settled_at IS NOT NULL)", "SELECT id::text FROM contract WHERE settled_at IS NOT NULL"),
        "order.schedule_changed": (data_of("order.schedule_changed", "change_id"), "SELECT id::text FROM contract_change WHERE schedule_version IS NOT NULL"),
        "order.canceled": (data_of("order.canceled", "order_id"), "SELECT id::text FROM sales_order WHERE status = 'canceled' AND cancel_reason IS NULL"),
        "order.change_refused": (data_of("order.change_refused", "change_id"), "SELECT id::text FROM contract_change WHERE status = 'refused' AND undoes IS NULL"),
        "quote.created": (data_of("quote.created", "quote_id"), "SELECT id::text FROM quote"),
        "quote.revised": (QUOTE_TOLD.format("revised"), "SELECT quote_id || '/' || version FROM quote_version WHERE version > 1"),
        "quote.approved": (QUOTE_TOLD.format("approved") + " AND (data ->> 'quote_id', (data ->> 'version')::int) IN (SELECT id::text, approved_version FROM quote)",
                           "SELECT id || '/' || approved_version FROM quote WHERE approved_version IS NOT NULL"),
        "quote.voided": (data_of("quote.voided", "quote_id"), "SELECT id::text FROM quote WHERE status = 'void'"),
        "quote.accepted": (data_of("quote.accepted", "order_id"), "SELECT o.id::text FROM sales_order o JOIN quote q ON q.id = o.cart_id"),
        "order.change_canceled": (data_of("order.change_canceled", "change_id"), "SELECT id::text FROM contract_change WHERE status = 'canceled'"),
        "quote.expiring": (QUOTE_TOLD.format("expiring") + " AND (data ->> 'quote_id', (data ->> 'version')::int) IN (SELECT id::text, reminded_version FROM quote)",
                           "SELECT id || '/' || reminded_version FROM quote WHERE reminded_version IS NOT NULL"),
        "quote.expired": (QUOTE_TOLD.format("expired") + " AND (data ->> 'quote_id', (data ->> 'version')::int) IN (SELECT id::text, expired_version FROM quote)",
                          "SELECT id || '/' || expired_version FROM quote WHERE expired_version IS NOT NULL"),
        "cart.abandoned": (data_of("cart.abandoned", "cart_id", "data ->> 'cart_id' IN (SELECT id::text FROM cart)"),   # old ones are dropped
                           "SELECT id::text FROM cart WHERE abandoned_at IS NOT NULL"),
        "cart.ordered": (data_of("cart.ordered", "cart_id"), "SELECT id::text FROM cart WHERE abandoned_at IS NOT NULL AND status = 'ordered'"),
        "order.completed": (data_of("order.completed", "order_id", "data ->> 'order_id' NOT IN (SELECT id::text FROM sales_order WHERE status = 'canceled')"),
                            "SELECT id::text FROM sales_order WHERE status = 'completed'"),
        "fulfillment.updated": (data_of("fulfillment.updated", "shipment_id", "data ->> 'step' <> 'released'"), "SELECT shipment_id::text FROM shipment_event"),
    },
    "billing": {
        "payment.succeeded": (data_of("payment.succeeded", "payment_id"), "SELECT id::text FROM payment WHERE status IN ('succeeded', 'reversed')"),
        "payment.failed": (data_of("payment.failed", "payment_id", "data ->> 'payment_id' NOT IN (SELECT id::text FROM payment WHERE status = 'succeeded')"),
                           "SELECT id::text FROM payment WHERE status = 'failed'"),
        "contract.paid": (data_of("contract.paid", "order_id"), """
            SELECT order_id::text FROM order_account WHERE status = 'settled'
            UNION ALL SELECT order_id::text FROM receivable_change WHERE before ->> 'status' = 'settled' AND after ->> 'status' = 'closed'
            UNION ALL SELECT order_id FROM (   -- money of it went back: it may be paid once more
                SELECT data ->> 'order_id' AS order_id, type, lag(type) OVER (PARTITION BY subject ORDER BY xid, id) AS before
                FROM outbox WHERE type IN ('contract.paid', 'contract.reopened')) AS told WHERE (type, before) = ('contract.reopened', 'contract.paid')"""),
        "direct_debit.announced": (data_of("direct_debit.announced", "direct_debit_id"), "SELECT d.id::text FROM direct_debit d JOIN direct_debit_batch b ON b.id = d.batch_id WHERE b.status = 'sent'"),
        "invoice.issued": (data_of("invoice.issued", "invoice_id"), "SELECT id::text FROM invoice UNION ALL SELECT id::text FROM deposit_invoice"),
        "installment.due_soon": ("SELECT (data ->> 'order_id') || '/' || (data ->> 'number') FROM outbox WHERE type = 'installment.due_soon'",
                                 """SELECT order_id || '/' || number FROM installment WHERE reminded
            UNION ALL SELECT order_id || '/' || number FROM (   -- money of it went back before it was due: it is told of once more
                SELECT (data ->> 'order_id')::uuid AS order_id, (data ->> 'number')::int AS number,
                       row_number() OVER (PARTITION BY data ->> 'order_id', data ->> 'number' ORDER BY xid, id) AS times
                FROM outbox WHERE type = 'installment.due_soon') AS told JOIN installment i USING (order_id, number)
            WHERE times > reminded::int AND times - reminded::int <= (SELECT count(DISTINCT entry_id) FROM allocation a WHERE a.order_id = i.order_id AND a.number = i.number AND a.amount < 0)"""),
    },
    "collections": {
        "case.opened": (data_of("case.opened", "case_id"), "SELECT id::text FROM collection_case"),
        "case.cured": (data_of("case.cured", "case_id"), "SELECT id::text FROM collection_case WHERE status = 'cured'"),
        "dunning.due": ("SELECT (data ->> 'case_id') || (data ->> 'step') FROM outbox WHERE type = 'dunning.due'", "SELECT case_id || step FROM dunning_step"),
    },
    "notifications": {
        "notification.sent": (data_of("notification.sent", "notification_id"), "SELECT id::text FROM notification WHERE status = 'sent'"),
        "notification.failed": (data_of("notification.failed", "notification_id"), "SELECT id::text FROM notification WHERE status = 'failed'"),
    },
}


def keys(evidence, service, sql):
    return collections.Counter(row[0] for row in evidence.rows(service, sql))


def compare(what, events, effects):
    for key in (events - effects) or ():
        yield f"{what}: {key} was told {events[key]} times and took effect {effects[key]} times"
    for key in (effects - events) or ():
        yield f"{what}: {key} was told {events[key]} times and took effect {effects[key]} times"


@checker
def events_are_applied_once(evidence):
    """Count by type, and event by event: the effects at the consumer are the events at the producer."""
    for consumer, producers in evidence.consumes.items():
        for producer, types in producers.items():
            for type in types:
                effect = EFFECTS.get((consumer, producer, type), ...)
                if effect is ... and consumer == "crm":
                    effect = (BY_ID.format(type=type), TIMELINE.format(type=type))
                if effect is ...:
                    yield f"{consumer} consumes {producer}'s {type}, and no line of EFFECTS says what that does"
                elif effect:
                    yield from compare(f"{consumer} on {producer}'s {type}", keys(evidence, producer, effect[0]), keys(evidence, consumer, effect[1]))


@checker
def changes_are_told_once(evidence):
    for service, types in TOLD.items():
        for type, (events, changes) in types.items():
            yield from compare(f"{service}'s {type}", keys(evidence, service, events), keys(evidence, service, changes))


@checker
def cursors_are_at_the_end(evidence):
    """Each consumer has read each lane of each producer to its last event."""
    for consumer, producers in evidence.consumes.items():
        cursors = {(producer, lane): tuple(map(int, place)) for producer, lane, *place in evidence.rows(
            consumer, "SELECT producer, lane, epoch, xid::text, id FROM event_cursor")}
        for producer in producers:
            for lane, *last in evidence.rows(producer, "SELECT DISTINCT ON (lane) lane, epoch, xid::text, id FROM outbox ORDER BY lane, epoch DESC, xid DESC, id DESC"):
                last = tuple(map(int, last))
                if cursors.get((producer, lane), (0, 0, 0)) < last:
                    yield f"{consumer} has read lane {lane} of {producer} up to {cursors.get((producer, lane))}, its last event is {last}"


@checker
def no_event_was_parked(evidence):
    for service in SERVICES:
        for producer, type, error in evidence.rows(service, "SELECT producer, type, error FROM dead_letter"):
            yield f"{service} parked {producer}'s {type}: {error}"
        counted = evidence.metrics[service].get("cuotas_dead_letters", 0)
        if counted != evidence.value(service, "SELECT count(*) FROM dead_letter"):
            yield f"{service} counts {counted:.0f} dead letters, it has {evidence.value(service, 'SELECT count(*) FROM dead_letter')}"
