-- Where the units of an order are, and its shipments with all that happened to them; its buyer's or any for staff.
-- pool: read
SELECT json_build_object(
    'order_id', o.id, 'fulfilment_status', order_fulfilment(o.status, o.fulfilment_status, o.release), 'release', coalesce(o.release, '{"policy": "immediate"}'),
    'lines', (SELECT json_agg(json_build_object('line', l.number, 'product_id', l.product_id, 'sku', l.sku, 'name', l.name, 'kind', l.kind, 'quantity', l.quantity,
                                                'open', f.open, 'picking', f.picking, 'shipped', f.shipped, 'in_transit', f.in_transit, 'delivered', f.delivered,
                                                'returned', f.returned, 'taken_back', least(f.taken_back, f.quantity - f.away)) ORDER BY l.number)
              FROM order_line l JOIN line_fulfilment f ON f.order_id = l.order_id AND f.line = l.number WHERE l.order_id = o.id),
    'shipments', (SELECT coalesce(json_agg(shipment_body(s, shipment_lines(s), shipment_events(s)) ORDER BY s.id), '[]') FROM shipment s WHERE s.order_id = o.id))::text AS body
FROM sales_order o
WHERE o.id = :id::uuid AND (:owner::uuid IS NULL OR o.customer_id = :owner::uuid)
