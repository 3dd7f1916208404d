-- A confirmed order takes its stock for good. A hold that had ended before the confirmation arrived takes from what is on hand; if
-- that is gone, stock_not_oversold refuses and the event is parked for a person to decide.
-- tells: changes
WITH committed AS (
    UPDATE reservation r SET status = 'committed'
    FROM (SELECT id, status AS was FROM reservation WHERE id = (:data::json ->> 'reservation_id')::uuid FOR UPDATE) AS before
    WHERE r.id = before.id AND before.was NOT IN ('committed', 'consumed')
    RETURNING r.id, r.lines, before.was IN ('held', 'extended') AS was_held
), line AS (
    SELECT l.product_id, l.quantity, c.was_held, c.id AS reservation_id
    FROM committed c, jsonb_to_recordset(c.lines) AS l(product_id uuid, quantity bigint)
), locked AS (
    SELECT s.product_id FROM stock s WHERE s.product_id = ANY (ARRAY(SELECT product_id FROM line)) ORDER BY s.product_id FOR UPDATE
), sold AS (
    UPDATE stock s SET on_hand = s.on_hand - l.quantity, held = s.held - CASE WHEN l.was_held THEN l.quantity ELSE 0 END
    FROM line l
    WHERE s.product_id = l.product_id AND s.product_id = ANY (ARRAY(SELECT product_id FROM locked))
), moved AS (
    INSERT INTO stock_movement (product_id, quantity, reason, reference, at)
    SELECT product_id, -quantity, 'sale', reservation_id::text, :now::timestamptz FROM line
)
SELECT product_id AS changed FROM line WHERE NOT was_held   -- what was held was not available before either
