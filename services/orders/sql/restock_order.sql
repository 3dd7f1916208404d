-- Which units of an order, or of a shipment's, are for sale again, told when they are more than before. After what changed, in its unit (after lock_order). Of those that returns billing has
-- applied have taken back, of a canceled order all that were not: what is in the shop and was never sent, and what is back, where the return said `restock`. Units to be sent
-- are sent of those never sent; what came back stays off sale as long as it may be some that nobody vouched for. What was undone before there was a shipment
-- order.canceled puts on sale.
WITH sold AS (
    SELECT o.id, o.customer_id, o.contract_id, o.reservation_id, o.status = 'canceled' AS canceled
    FROM sales_order o
    WHERE o.id = coalesce(:order_id::uuid, (SELECT s.order_id FROM shipment s WHERE s.id = :shipment_id::uuid))
      AND (o.status = 'canceled' AND EXISTS (SELECT FROM shipment s WHERE s.order_id = o.id)
           OR o.status <> 'canceled' AND EXISTS (SELECT FROM contract_change h WHERE h.contract_id = o.contract_id AND h.kind = 'return' AND h.schedule_version IS NOT NULL))
), line AS (
    SELECT f.order_id, f.line, CASE WHEN s.canceled THEN f.quantity ELSE r.units END AS taken, g.units AS good, f.quantity - f.away AS here,
           greatest(f.quantity - p.units, 0) AS never_sent
    FROM sold s
    JOIN line_fulfilment f ON f.order_id = s.id
    CROSS JOIN LATERAL (SELECT order_line_returned(s.contract_id, f.line, false) AS units) AS r
    CROSS JOIN LATERAL (SELECT coalesce(sum(l.quantity), 0)::bigint AS units
                        FROM contract_change h, jsonb_to_recordset(h.request -> 'lines') AS l(line int, quantity bigint)
                        WHERE h.contract_id = s.contract_id AND h.kind = 'return' AND h.schedule_version IS NOT NULL AND h.request -> 'restock' = 'true'
                          AND l.line = f.line) AS g
    CROSS JOIN LATERAL (SELECT coalesce(sum(sl.quantity), 0)::bigint AS units FROM shipment h JOIN shipment_line sl ON sl.shipment_id = h.id
                        WHERE h.order_id = s.id AND h.status <> 'canceled' AND sl.line = f.line) AS p
), judged AS (   -- unsent: of what is taken back, those never sent that are not to be sent either
    SELECT l.*, b.taken AS taken_before, b.good AS good_before, coalesce(b.unsent, 0) AS unsent_before, coalesce(b.inspected, 0) AS inspected_before, coalesce(b.for_sale, 0) AS told,
           greatest(coalesce(b.unsent, 0), l.never_sent - greatest(l.here - l.taken, 0)) AS unsent
    FROM line l LEFT JOIN order_restock b ON b.order_id = l.order_id AND b.line = l.line
    WHERE l.taken > 0
), parted AS (
    SELECT j.*, least(j.inspected_before + greatest(n.units - (j.unsent - j.unsent_before), 0), j.taken - j.unsent) AS inspected   -- no more than were sent
    FROM judged j
    CROSS JOIN LATERAL (SELECT j.taken - coalesce(j.taken_before, 0) - (j.good - coalesce(j.good_before, 0)) AS units) AS n   -- new ones that nobody vouches for
), counted AS (
    SELECT p.*, greatest(p.told, p.unsent + greatest(least(p.here, p.taken) - p.unsent - p.inspected, 0)) AS for_sale FROM parted p
), kept AS (
    INSERT INTO order_restock AS k (order_id, line, taken, good, unsent, inspected, for_sale)
    SELECT order_id, line, taken, good, unsent, inspected, for_sale FROM counted
    ON CONFLICT (order_id, line) DO UPDATE
       SET taken = excluded.taken, good = excluded.good, unsent = excluded.unsent, inspected = excluded.inspected, for_sale = excluded.for_sale
       WHERE (k.taken, k.good, k.unsent, k.inspected, k.for_sale) IS DISTINCT FROM (excluded.taken, excluded.good, excluded.unsent, excluded.inspected, excluded.for_sale)
), product AS (
    SELECT l.product_id, sum(c.for_sale)::bigint AS quantity
    FROM counted c JOIN order_line l ON l.order_id = c.order_id AND l.number = c.line
    GROUP BY l.product_id
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'order.restocked', s.id::text, s.customer_id,
       jsonb_build_object('order_id', s.id, 'customer_id', s.customer_id, 'reservation_id', s.reservation_id,
                          'lines', (SELECT jsonb_agg(jsonb_build_object('product_id', p.product_id, 'quantity', p.quantity) ORDER BY p.product_id)
                                    FROM product p WHERE p.quantity > 0)), :trace, :now::timestamptz
FROM sold s
WHERE EXISTS (SELECT FROM counted c WHERE c.for_sale > c.told)
