"""What was imported is on the shelf, held for a living order, or sold; once each."""

import collections

from . import checker


# The most that was told of an order's product.
RESTOCKED = """SELECT data ->> 'order_id' AS order_id, l ->> 'product_id' AS product, max((l ->> 'quantity')::bigint) AS units
               FROM outbox, jsonb_array_elements(data -> 'lines') AS l WHERE type = 'order.restocked' GROUP BY 1, 2"""


@checker
def stock_adds_up(evidence):
    """By product: on hand (held included) + sold = imported, and sold is what confirmed orders took, and canceled ones whose goods had left the shop, but for what of them was told to be for sale again."""
    imported = {row["sku"]: row["stock"] for call in evidence.record.named("import_products") for row in call.body}
    sold = collections.Counter()
    for product, quantity in evidence.rows("orders", """
            SELECT l.product_id::text, sum(l.quantity)::bigint FROM sales_order o JOIN order_line l ON l.order_id = o.id
            WHERE o.status IN ('confirmed', 'completed') OR o.id::text IN (SELECT data ->> 'order_id' FROM outbox WHERE type = 'order.canceled' AND (data ->> 'sent')::boolean)
            GROUP BY l.product_id"""):
        sold[product] = quantity
    for product, quantity in evidence.rows("orders", f"""
            SELECT product, sum(units)::bigint FROM ({RESTOCKED}) AS r JOIN sales_order o ON o.id::text = r.order_id
            WHERE o.status <> 'canceled' OR r.order_id IN (SELECT data ->> 'order_id' FROM outbox WHERE type = 'order.canceled' AND (data ->> 'sent')::boolean)
            GROUP BY product"""):
        sold[product] -= quantity
    for sku, product, on_hand, held, counted, moved_in, moved_out in evidence.rows("catalog", """
            SELECT p.sku, p.id::text, s.on_hand, s.held, s.counted,
                   coalesce((SELECT sum(quantity) FROM stock_movement m WHERE m.product_id = p.id AND m.reason NOT IN ('sale', 'return')), 0)::bigint,
                   -coalesce((SELECT sum(quantity) FROM stock_movement m WHERE m.product_id = p.id AND m.reason IN ('sale', 'return')), 0)::bigint
            FROM product p JOIN stock s ON s.product_id = p.id"""):
        if sku not in imported:
            yield f"{sku} is in the catalog, and nobody imported it"
        elif not (on_hand >= held >= 0 and moved_in == imported[sku] == on_hand + sold[product] and moved_out == sold[product]):
            yield (f"{sku}: imported {imported[sku]} (movements {moved_in}), on hand {on_hand}, held {held}, sold {sold[product]} "
                   f"(movements {moved_out})")


@checker
def restocked_is_what_came_back(evidence):
    """By product of an order: at least what returns took back of orders that never had a shipment, and never more than is taken back and in the shop."""
    for order, product, told, taken, here, shipments in evidence.rows("orders", f"""
            SELECT o.id::text, l.product_id::text, coalesce(max(r.units), 0), sum(CASE WHEN o.status = 'canceled' THEN l.quantity ELSE t.units END)::bigint,
                   sum(l.quantity - f.away)::bigint, (SELECT count(*) FROM shipment s WHERE s.order_id = o.id)
            FROM sales_order o JOIN order_line l ON l.order_id = o.id
            CROSS JOIN LATERAL (SELECT coalesce(sum(u.quantity), 0) AS units FROM contract_change h, jsonb_to_recordset(h.request -> 'lines') AS u(line int, quantity bigint)
                                WHERE h.order_id = o.id AND h.kind = 'return' AND h.schedule_version IS NOT NULL AND u.line = l.number) AS t
            CROSS JOIN LATERAL (SELECT coalesce(sum(sl.quantity - sl.returned), 0) AS away FROM shipment s JOIN shipment_line sl ON sl.shipment_id = s.id
                                WHERE s.order_id = o.id AND s.status <> 'canceled' AND sl.line = l.number) AS f
            LEFT JOIN ({RESTOCKED}) AS r ON r.order_id = o.id::text AND r.product = l.product_id::text
            WHERE o.status <> 'canceled' OR EXISTS (SELECT FROM shipment s WHERE s.order_id = o.id)
            GROUP BY o.id, l.product_id HAVING max(r.units) IS NOT NULL OR sum(t.units) > 0"""):
        if told > min(taken, here) or shipments == 0 and told != taken:
            yield f"order {order}: {told} of {product} are for sale again, {taken} taken back, {here} in the shop, {shipments} shipments"


@checker
def holds_are_of_living_orders(evidence):
    living = {str(row[0]) for row in evidence.rows("orders", "SELECT reservation_id FROM sales_order WHERE status IN ('draft', 'pending_payment')")}
    held = collections.Counter()
    for reservation, product, quantity in evidence.rows("catalog", """
            SELECT r.id::text, l ->> 'product_id', (l ->> 'quantity')::bigint FROM reservation r, jsonb_array_elements(r.lines) AS l
            WHERE r.status IN ('held', 'extended')"""):
        held[product] += quantity
        if reservation not in living:
            yield f"reservation {reservation} holds {quantity} of {product} for no living order"
    for product, kept in evidence.rows("catalog", "SELECT product_id::text, held FROM stock"):
        if kept != held[product]:
            yield f"product {product}: {kept} held, by reservations {held[product]}"


@checker
def reservations_follow_their_orders(evidence):
    """Committed exactly for what was confirmed, with one sale a product; given back for what was not."""
    sent = {order for order, in evidence.rows("orders", "SELECT data ->> 'order_id' FROM outbox WHERE type = 'order.canceled' AND (data ->> 'sent')::boolean")}
    wanted = {"confirmed": ("committed", "consumed"), "completed": ("committed", "consumed"), "expired": ("released", "expired"),
              "canceled": ("released", "expired"), "pending_payment": ("held", "extended"), "draft": ("held", "extended")}
    kept = dict(evidence.rows("catalog", "SELECT id::text, status FROM reservation"))
    orders = evidence.rows("orders", "SELECT id::text, reservation_id::text, status FROM sales_order")
    for order, reservation, status in orders:
        if kept.get(reservation) not in wanted["confirmed" if order in sent else status]:
            yield f"order {order} is {status}, its reservation {reservation} is {kept.get(reservation)}"
    ordered = {reservation for _, reservation, _ in orders}
    for reservation, status in kept.items():
        if reservation not in ordered and status not in ("released", "expired"):
            yield f"reservation {reservation} is {status} and has no order"
    yield from (f"reservation {row[0]} sold product {row[1]} {row[2]} times" for row in evidence.rows(
        "catalog", "SELECT reference, product_id, count(*) FROM stock_movement WHERE reason = 'sale' GROUP BY 1, 2 HAVING count(*) <> 1"))
