-- A sale was undone before anything was sent: its stock is for sale again, but for what was put back before (on_order_restocked, which tells of sales with something sent, too).
-- Where its confirmation is parked nothing was taken yet: then this is parked, too, or the confirmation would take for good what nobody has bought.
-- tells: changes
WITH undone AS (
    UPDATE reservation SET status = 'released'
    WHERE id = (:data::json ->> 'reservation_id')::uuid AND status = 'committed' AND NOT (:data::json ->> 'sent')::boolean
    RETURNING id, lines, restocked
), back AS (
    SELECT u.id AS reservation_id, l.product_id, l.quantity - b.units AS quantity
    FROM undone u, jsonb_to_recordset(u.lines) AS l(product_id uuid, quantity bigint)
    CROSS JOIN LATERAL (SELECT coalesce((u.restocked ->> l.product_id::text)::bigint, 0) AS units) AS b
    WHERE l.quantity > b.units
), {{part put_on_sale}}
SELECT CASE WHEN r.status IN ('held', 'extended', 'expired') THEN cuotas_fail('conflict', 'its sale is not booked: it is ' || r.status) END AS checked, h.product_id AS changed
FROM reservation r LEFT JOIN shelved h ON true
WHERE r.id = (:data::json ->> 'reservation_id')::uuid AND NOT (:data::json ->> 'sent')::boolean
