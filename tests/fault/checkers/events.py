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
    ("catalog", "orders", "order.confirmed"): (data_of("order.confirmed", "reservation_id"), "SELECT DISTINCT reference FROM stock_movement WHERE reason = 'sale'"),
    ("catalog", "orders", "order.expired"): None,        # stock.reservations_follow_their_orders: the hold may have ended by itself before
    ("orders", "billing", "payment.succeeded"): (data_of("payment.succeeded", "order_id", "(data ->> 'first')::boolean"),
                                                 "SELECT id::text FROM sales_order WHERE status IN ('confirmed', 'completed')"),
    ("orders", "billing", "contract.paid"): (data_of("contract.paid", "contract_id"), "SELECT id::text FROM contract WHERE status = 'settled'"),
    ("orders", "billing", "installment.updated"): None,        # projections.schedules_follow_billing
    ("collections", "billing", "installment.updated"): None,   # projections.cases_follow_billing
    ("notifications", "crm", "customer.registered"): (told("customer.registered"), NOTICE.format(template="welcome")),
    ("notifications", "orders", "order.confirmed"): (told("order.confirmed"), NOTICE.format(template="order_confirmed")),
    ("notifications", "orders", "contract.settled"): (told("contract.settled"), NOTICE.format(template="settled")),
    ("notifications", "billing", "payment.succeeded"): (told("payment.succeeded"), "SELECT event_id::text FROM notification WHERE template IN ('receipt', 'receipt_excess', 'payment_returned')"),
    ("notifications", "billing", "payment.failed"): (told("payment.failed", "data ->> 'source' = 'autopay'"), NOTICE.format(template="payment_failed")),
    ("notifications", "billing", "installment.due_soon"): (told("installment.due_soon"), NOTICE.format(template="reminder")),
    ("notifications", "collections", "dunning.due"): (told("dunning.due"), "SELECT event_id::text FROM notification WHERE template LIKE 'dunning%'"),
    ("notifications", "collections", "case.cured"): (told("case.cured"), NOTICE.format(template="cured")),
    ("crm", "billing", "installment.updated"): (told("installment.updated", "data ->> 'status' = 'overdue'"), TIMELINE.format(type="installment.updated")),
}

# What must be told: the events of a type, and the changes they tell of, in the same database. Keys again, repetitions included.
TOLD = {
    "crm": {"customer.registered": (data_of("customer.registered", "customer_id"), "SELECT id::text FROM customer")},
    "orders": {
        "order.placed": (data_of("order.placed", "order_id"), "SELECT id::text FROM sales_order"),
        "order.confirmed": (data_of("order.confirmed", "order_id"), "SELECT id::text FROM sales_order WHERE confirmed_at IS NOT NULL"),
        "order.expired": (data_of("order.expired", "order_id"), "SELECT id::text FROM sales_order WHERE status = 'expired'"),
        "contract.settled": (data_of("contract.settled", "contract_id"), "SELECT id::text FROM contract WHERE status = 'settled'"),
    },
    "billing": {
        "payment.succeeded": (data_of("payment.succeeded", "payment_id"), "SELECT id::text FROM payment WHERE status = 'succeeded'"),
        "payment.failed": (data_of("payment.failed", "payment_id", "data ->> 'payment_id' NOT IN (SELECT id::text FROM payment WHERE status = 'succeeded')"),
                           "SELECT id::text FROM payment WHERE status = 'failed'"),
        "contract.paid": (data_of("contract.paid", "order_id"), "SELECT order_id::text FROM order_account WHERE status = 'settled'"),
        "invoice.issued": (data_of("invoice.issued", "invoice_id"), "SELECT id::text FROM invoice"),
        "installment.due_soon": ("SELECT (data ->> 'order_id') || '/' || (data ->> 'number') FROM outbox WHERE type = 'installment.due_soon'",
                                 "SELECT order_id || '/' || number FROM installment WHERE reminded"),
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
