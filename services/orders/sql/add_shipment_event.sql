-- What happened to a shipment; units that came back can be sent again. After lock_shipment, in one unit. Whatever refuses it fails the unit.
WITH sent AS (
    SELECT s.*, o.status AS order_status FROM shipment s JOIN sales_order o ON o.id = s.order_id WHERE s.id = :shipment_id::uuid
), wanted AS (
    SELECT w.line, sum(w.quantity)::bigint AS quantity FROM json_to_recordset(:lines::json) AS w(line int, quantity bigint) GROUP BY w.line
), content AS (   -- taken: NULL for a line that was not named; there: NULL for one that is not in it
    SELECT coalesce(l.line, w.line) AS line, l.quantity - l.returned AS there, CASE WHEN :lines::json IS NULL THEN l.quantity - l.returned ELSE w.quantity END AS taken
    FROM (SELECT * FROM shipment_line WHERE shipment_id = :shipment_id::uuid) AS l FULL JOIN wanted w USING (line)
), whole AS (
    SELECT min(line) FILTER (WHERE there IS NULL) AS unknown, min(line) FILTER (WHERE taken > there) AS short, bool_and(coalesce(taken, 0) = there) AS everything
    FROM content
), judged AS (
    SELECT CASE WHEN NOT shipment_may_become(s.status, :step) OR s.kind = 'service' AND :step::text = 'returned' THEN 'shipment_transition'
                WHEN s.kind = 'service' AND :step::text IN ('shipped', 'in_transit') THEN 'service_not_shipped'
                WHEN s.status = 'picking' AND :step::text <> 'canceled' AND s.order_status NOT IN ('confirmed', 'completed') THEN 'order_not_for_delivery'
                WHEN :lines::json IS NOT NULL AND :step::text <> 'returned' THEN 'lines_not_for_step'
                WHEN w.unknown IS NOT NULL THEN 'order_line_not_found'
                WHEN w.short IS NOT NULL THEN 'nothing_left_to_return'
                WHEN NOT w.everything AND s.status <> 'delivered' AND :step::text = 'returned' THEN 'shipment_transition'
                WHEN :step::text = 'shipped' AND coalesce(:carrier, s.carrier) IS NULL THEN 'carrier_missing' END AS problem,
           CASE WHEN w.unknown IS NOT NULL THEN 'line ' || w.unknown
                WHEN w.short IS NOT NULL THEN (SELECT format('line %s: %s wanted, %s there', c.line, c.taken, c.there) FROM content c WHERE c.line = w.short)
                ELSE format('a %s that is %s, of an order that is %s', s.kind, s.status, s.order_status) END AS detail,
           s.id, CASE WHEN :step::text = 'returned' AND NOT w.everything THEN s.status ELSE :step END AS becomes
    FROM sent s, whole w
), moved AS (
    UPDATE shipment s SET status = j.becomes, carrier = coalesce(:carrier, s.carrier), tracking_number = coalesce(:tracking_number, s.tracking_number),
                          tracking_url = coalesce(:tracking_url, s.tracking_url), updated_at = :now::timestamptz
    FROM judged j WHERE s.id = j.id AND j.problem IS NULL
    RETURNING s.id
), back AS (
    UPDATE shipment_line l SET returned = l.returned + c.taken
    FROM moved m, content c
    WHERE l.shipment_id = m.id AND l.line = c.line AND c.taken > 0 AND :step::text = 'returned'
), happened AS (
    INSERT INTO shipment_event (shipment_id, number, step, lines, at, note, recorded_at, recorded_by)
    SELECT m.id, (SELECT max(e.number) + 1 FROM shipment_event e WHERE e.shipment_id = m.id), :step,
           (SELECT jsonb_agg(jsonb_build_object('line', w.line, 'quantity', w.quantity) ORDER BY w.line) FROM wanted w),
           coalesce(:occurred_at::timestamptz, :now::timestamptz), :note, :now::timestamptz, :by::uuid
    FROM moved m
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM sent) THEN cuotas_fail('not_found')
            WHEN :occurred_at::timestamptz > :now::timestamptz THEN cuotas_fail('validation_failed', 'occurred_at lies in the future')
            WHEN (SELECT j.problem FROM judged j) IS NOT NULL THEN (SELECT cuotas_fail(j.problem, j.detail) FROM judged j) END AS checked
