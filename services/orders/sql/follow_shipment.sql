-- What the last event of a shipment means for its order, told to others, and the shipment as the answer. After the event, in the same unit. An order
-- that is paid and delivered is complete.
WITH event AS (
    SELECT s.id, s.order_id, s.customer_id, s.carrier, s.tracking_number, s.tracking_url, e.step, e.lines, e.at,
           fulfilment_from_lines(s.order_id) AS fulfilment
    FROM shipment s
    CROSS JOIN LATERAL (SELECT * FROM shipment_event e WHERE e.shipment_id = s.id ORDER BY e.number DESC LIMIT 1) AS e
    WHERE s.id = :shipment_id::uuid
), moved AS (
    SELECT e.*, o.contract_id, o.status = 'confirmed' AND c.status = 'settled' AND e.fulfilment = 'fulfilled' AS completes
    FROM event e JOIN sales_order o ON o.id = e.order_id JOIN contract c ON c.id = o.contract_id
), ordered AS (
    UPDATE sales_order o SET fulfilment_status = m.fulfilment, status = CASE WHEN m.completes THEN 'completed' ELSE o.status END
    FROM moved m WHERE o.id = m.order_id AND (m.completes OR o.fulfilment_status IS DISTINCT FROM m.fulfilment)
), content AS (
    SELECT e.id, l.number AS line, l.sku, l.name, coalesce(w.quantity, sl.quantity) AS quantity
    FROM event e
    JOIN shipment_line sl ON sl.shipment_id = e.id
    JOIN order_line l ON l.order_id = e.order_id AND l.number = sl.line
    LEFT JOIN jsonb_to_recordset(e.lines) AS w(line int, quantity bigint) ON w.line = sl.line
    WHERE e.lines IS NULL OR w.line IS NOT NULL
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT t.type, m.order_id::text, m.customer_id, t.data, :trace, :now::timestamptz
    FROM moved m
    CROSS JOIN LATERAL (
        SELECT 1 AS place, 'fulfillment.updated' AS type,
               jsonb_build_object('order_id', m.order_id, 'customer_id', m.customer_id, 'fulfilment_status', m.fulfilment, 'step', m.step, 'shipment_id', m.id,
                                  'carrier', m.carrier, 'tracking_number', m.tracking_number, 'tracking_url', m.tracking_url, 'at', m.at,
                                  'contents', (SELECT string_agg(c.quantity || ' × ' || c.name, ', ' ORDER BY c.line) FROM content c),
                                  'lines', (SELECT jsonb_agg(jsonb_build_object('line', c.line, 'sku', c.sku, 'name', c.name, 'quantity', c.quantity) ORDER BY c.line)
                                            FROM content c)) AS data
        UNION ALL
        SELECT 2, 'order.completed', jsonb_build_object('order_id', m.order_id, 'contract_id', m.contract_id, 'customer_id', m.customer_id) WHERE m.completes
    ) AS t
    ORDER BY t.place
), reply AS (
    SELECT shipment_body(s, shipment_lines(s), shipment_events(s))::text AS body FROM shipment s WHERE s.id = :shipment_id::uuid
), {{remember 201}}
SELECT body FROM reply
