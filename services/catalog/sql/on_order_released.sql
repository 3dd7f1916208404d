-- An order that expired or was canceled gives its hold back.
-- tells: changes
WITH released AS (
    UPDATE reservation SET status = 'released'
    WHERE id = (:data::json ->> 'reservation_id')::uuid AND status IN ('held', 'extended')
    RETURNING lines
), line AS (
    SELECT l.product_id, l.quantity FROM released, jsonb_to_recordset(lines) AS l(product_id uuid, quantity bigint)
), locked AS (
    SELECT s.product_id FROM stock s WHERE s.product_id = ANY (ARRAY(SELECT product_id FROM line)) ORDER BY s.product_id FOR UPDATE
)
UPDATE stock s SET held = s.held - l.quantity
FROM line l
WHERE s.product_id = l.product_id AND s.product_id = ANY (ARRAY(SELECT product_id FROM locked))
RETURNING s.product_id AS changed
