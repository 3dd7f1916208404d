-- A hold nobody turned into a sale ends at its time.
-- tells: changes
WITH expired AS (
    UPDATE reservation SET status = 'expired'
    WHERE id = :id::uuid AND status IN ('held', 'extended') AND expires_at <= :now::timestamptz
    RETURNING lines
), line AS (
    SELECT l.product_id, l.quantity FROM expired, jsonb_to_recordset(lines) AS l(product_id uuid, quantity bigint)
), locked AS (
    SELECT s.product_id FROM stock s WHERE s.product_id = ANY (ARRAY(SELECT product_id FROM line)) ORDER BY s.product_id FOR UPDATE
)
UPDATE stock s SET held = s.held - l.quantity
FROM line l
WHERE s.product_id = l.product_id AND s.product_id = ANY (ARRAY(SELECT product_id FROM locked))
RETURNING s.product_id AS changed
