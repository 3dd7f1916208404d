"""What was sent of orders: never more than was sold, every step recorded once, and orders as far as their shipments say."""

import collections
import json

from . import checker
from .effects import remembered

STEPS = ("create_shipment", "add_shipment_event")


@checker
def nothing_is_sent_twice(evidence):
    for order, line, quantity, away in evidence.rows("orders", "SELECT order_id, line, quantity, away FROM line_fulfilment WHERE away > quantity"):
        yield f"order {order}, line {line}: {away} of {quantity} are on their way or with the buyer"


@checker
def shipments_record_each_step_once(evidence):
    """A key that was answered with a shipment is one of its events, and there are no others."""
    asked = collections.Counter(json.loads(body)["id"] for _, _, status, body in remembered(evidence, "orders", STEPS) if status == 201)
    kept = dict(evidence.rows("orders", "SELECT shipment_id::text, count(*) FROM shipment_event GROUP BY 1"))
    for shipment in asked.keys() | kept.keys():
        if asked[shipment] != kept.get(shipment, 0):
            yield f"shipment {shipment}: {asked[shipment]} steps were asked for and done, {kept.get(shipment, 0)} are recorded"


@checker
def orders_are_as_far_as_their_shipments(evidence):
    """Progress, the end of an order and since when it is past due are what its lines, its contract and its schedule say."""
    reopened = [contract for contract, in evidence.rows("billing", "SELECT DISTINCT subject FROM outbox WHERE type = 'contract.reopened'")]   # whose orders stay completed
    yield from (f"order {row[0]}: {row[1:]}" for row in evidence.rows("orders", """
        SELECT o.id, o.status, c.status, o.fulfilment_status, fulfilment_from_lines(o.id), o.overdue_since, i.since
        FROM sales_order o
        JOIN contract c ON c.id = o.contract_id
        LEFT JOIN LATERAL (SELECT min(due_date) AS since FROM installment
                           WHERE contract_id = c.id AND version = c.schedule_version AND status = 'overdue' AND outstanding > 0) AS i ON true
        WHERE coalesce(o.fulfilment_status, 'unfulfilled') <> fulfilment_from_lines(o.id)
           OR o.overdue_since IS DISTINCT FROM i.since
           OR o.status = 'confirmed' AND o.fulfilment_status = 'fulfilled' AND c.status = 'settled'
           OR o.status = 'completed' AND (o.fulfilment_status NOT IN ('fulfilled', 'returned', 'partially_fulfilled')
                                          OR c.status <> 'settled' AND NOT c.id::text = ANY (%s))""", (reopened,)))
