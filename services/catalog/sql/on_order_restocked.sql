-- Some units of a sale are for sale again: as many in all as the event says, so what was put back before is not counted twice, and an event that comes again or late puts
-- nothing back. Of a sale that was undone unsent everything is back already. One whose confirmation is parked took nothing from the stock yet: then this is parked, too.
-- tells: changes
WITH sale AS (
    SELECT r.id, r.lines, coalesce(r.restocked, '{}') AS restocked, r.status
    FROM reservation r WHERE r.id = (:data::json ->> 'reservation_id')::uuid AND r.status <> 'released' FOR UPDATE
), back AS (
    SELECT s.id AS reservation_id, l.product_id, t.units AS told, t.units - t.before AS quantity
    FROM sale s, jsonb_to_recordset(s.lines) AS l(product_id uuid, quantity bigint)
    JOIN json_to_recordset(:data::json -> 'lines') AS e(product_id uuid, quantity bigint) ON e.product_id = l.product_id
    CROSS JOIN LATERAL (SELECT least(e.quantity, l.quantity) AS units, coalesce((s.restocked ->> l.product_id::text)::bigint, 0) AS before) AS t
    WHERE s.status IN ('committed', 'consumed') AND t.units > t.before
), noted AS (
    UPDATE reservation r SET restocked = s.restocked || b.products
    FROM sale s, (SELECT jsonb_object_agg(product_id, told) AS products FROM back) AS b
    WHERE r.id = s.id AND b.products IS NOT NULL
), {{part put_on_sale}}
SELECT CASE WHEN s.status NOT IN ('committed', 'consumed') THEN cuotas_fail('conflict', 'its sale is not booked: it is ' || s.status) END AS checked, h.product_id AS changed
FROM sale s LEFT JOIN shelved h ON true
