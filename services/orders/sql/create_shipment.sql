-- Units of an order's lines on their way, or handed over; without `lines` all that is open. After lock_order, in one unit. Whatever refuses it
-- fails the unit.
WITH sold AS (
    SELECT o.customer_id, CASE WHEN EXISTS (SELECT FROM contract_change h WHERE h.contract_id = o.contract_id AND h.status = 'confirming'
                                                      AND h.kind IN ('cancellation', 'withdrawal')) THEN 'being canceled' ELSE o.status END AS status,
           order_fulfilment(o.status, o.fulfilment_status, o.release) AS fulfilment
    FROM sales_order o WHERE o.id = :order_id::uuid
), wanted AS (
    SELECT w.line, sum(w.quantity)::bigint AS quantity FROM json_to_recordset(:lines::json) AS w(line int, quantity bigint) GROUP BY w.line
    UNION ALL
    SELECT f.line, f.open FROM line_fulfilment f WHERE f.order_id = :order_id::uuid AND f.open > 0 AND :lines::json IS NULL
), chosen AS (
    SELECT w.line, w.quantity, f.open, l.kind = 'physical' AS physical
    FROM wanted w
    LEFT JOIN order_line l ON l.order_id = :order_id::uuid AND l.number = w.line
    LEFT JOIN line_fulfilment f ON f.order_id = l.order_id AND f.line = l.number
), whole AS (
    SELECT min(line) FILTER (WHERE open IS NULL) AS unknown, min(line) FILTER (WHERE quantity > open) AS short, bool_or(physical) AS parcel,
           bool_and(physical) AS pure, count(*) AS lines
    FROM chosen
), judged AS (
    SELECT CASE WHEN s.status NOT IN ('confirmed', 'completed') THEN 'order_not_for_delivery'
                WHEN s.fulfilment = 'awaiting_release' THEN 'order_not_released'
                WHEN w.unknown IS NOT NULL THEN 'order_line_not_found'
                WHEN w.lines = 0 OR w.short IS NOT NULL THEN 'nothing_left_to_ship'
                WHEN w.parcel <> w.pure THEN 'shipment_mixed'
                WHEN NOT w.parcel AND :status::text = 'shipped' THEN 'service_not_shipped'
                WHEN :status::text = 'shipped' AND :carrier::text IS NULL THEN 'carrier_missing' END AS problem,
           CASE WHEN s.status NOT IN ('confirmed', 'completed') THEN 'it is ' || s.status
                WHEN w.unknown IS NOT NULL THEN 'line ' || w.unknown
                WHEN w.short IS NOT NULL THEN (SELECT format('line %s: %s wanted, %s left', c.line, c.quantity, c.open) FROM chosen c WHERE c.line = w.short) END AS detail,
           w.parcel, s.customer_id
    FROM sold s, whole w
), made AS (
    INSERT INTO shipment (id, order_id, customer_id, kind, status, carrier, tracking_number, tracking_url, created_at, updated_at)
    SELECT :shipment_id::uuid, :order_id::uuid, j.customer_id, CASE WHEN j.parcel THEN 'parcel' ELSE 'service' END, :status, :carrier, :tracking_number,
           :tracking_url, :now::timestamptz, :now::timestamptz
    FROM judged j WHERE j.problem IS NULL
    RETURNING id
), filled AS (
    INSERT INTO shipment_line (shipment_id, line, quantity) SELECT m.id, c.line, c.quantity FROM made m, chosen c
), happened AS (
    INSERT INTO shipment_event (shipment_id, number, step, at, note, recorded_at, recorded_by)
    SELECT m.id, 1, :status, coalesce(:occurred_at::timestamptz, :now::timestamptz), :note, :now::timestamptz, :by::uuid FROM made m
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM sold) THEN cuotas_fail('not_found')
            WHEN :occurred_at::timestamptz > :now::timestamptz THEN cuotas_fail('validation_failed', 'occurred_at lies in the future')
            WHEN (SELECT j.problem FROM judged j) IS NOT NULL THEN (SELECT cuotas_fail(j.problem, j.detail) FROM judged j) END AS checked
