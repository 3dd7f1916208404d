-- Returns: units that come back by a change of the contract are not to be sent any more.

-- open: with nobody yet, or back, and still wanted; what came back may be sent again. away: on its way or there. taken_back: by returns from their
-- confirmation on, before billing has heard of it, wherever they are: of units that are not away first.
CREATE OR REPLACE VIEW line_fulfilment AS
SELECT w.order_id, w.line, w.quantity, greatest(w.quantity - w.away - w.taken_back, 0) AS open, w.picking, w.shipped, w.in_transit, w.delivered, w.returned,
       w.away, w.taken_back
FROM (
    SELECT l.order_id, l.number AS line, l.quantity,
           coalesce(sum(s.away) FILTER (WHERE s.status <> 'canceled'), 0)::bigint AS away,
           coalesce(sum(s.away) FILTER (WHERE s.status = 'picking'), 0)::bigint AS picking,
           coalesce(sum(s.away) FILTER (WHERE s.status = 'shipped'), 0)::bigint AS shipped,
           coalesce(sum(s.away) FILTER (WHERE s.status = 'in_transit'), 0)::bigint AS in_transit,
           coalesce(sum(s.away) FILTER (WHERE s.status = 'delivered'), 0)::bigint AS delivered,
           coalesce(sum(s.returned), 0)::bigint AS returned,
           order_line_returned((SELECT o.contract_id FROM sales_order o WHERE o.id = l.order_id), l.number, true) AS taken_back
    FROM order_line l
    LEFT JOIN (SELECT s.order_id, s.status, sl.line, sl.returned, sl.quantity - sl.returned AS away
               FROM shipment s JOIN shipment_line sl ON sl.shipment_id = s.id) AS s ON s.order_id = l.order_id AND s.line = l.number
    GROUP BY l.order_id, l.number, l.quantity) AS w;

-- How far an order is. Done with is a unit that was delivered, one that is not to be sent any more, and one that came back and was not sent again; what a return takes back
-- and what came back may be the same unit. A return that billing may still refuse ends nothing: the order follows when it is applied (follow_account).
CREATE OR REPLACE FUNCTION fulfilment_from_lines(wanted uuid) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT CASE WHEN bool_and(f.delivered + f.gone + f.back = f.quantity) THEN CASE WHEN sum(f.delivered) = 0 THEN 'returned' ELSE 'fulfilled' END
                        WHEN sum(f.delivered + f.back) = 0 THEN 'unfulfilled'
                        ELSE 'partially_fulfilled' END
            FROM (SELECT l.quantity, l.delivered, least(r.units, l.quantity - l.away) AS gone,
                         least(greatest(l.returned - r.units, 0), greatest(l.quantity - l.away - r.units, 0)) AS back
                  FROM line_fulfilment l JOIN sales_order o ON o.id = l.order_id
                  CROSS JOIN LATERAL (SELECT order_line_returned(o.contract_id, l.line, false) AS units) AS r
                  WHERE l.order_id = wanted) AS f);
END $$;
