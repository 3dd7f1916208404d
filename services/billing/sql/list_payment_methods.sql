-- A customer's payment methods, newest first; the default is the one saved last.
-- pool: read
WITH page AS (
    SELECT m.id, m.created_at, row_number() OVER (ORDER BY m.created_at DESC, m.id DESC) AS place,
           payment_method_body(m.*, m.saved_at IS NOT NULL AND m.id = (
               SELECT d.id FROM payment_method d WHERE d.customer_id = :customer_id::uuid AND d.saved_at IS NOT NULL
               ORDER BY d.saved_at DESC, d.id DESC LIMIT 1), :today::date) AS body
    FROM payment_method m
    WHERE m.customer_id = :customer_id::uuid AND m.removed_at IS NULL AND (m.saved_at IS NOT NULL OR m.status IN ('processing', 'requires_action', 'failed'))
      AND (:before_at::timestamptz IS NULL OR (m.created_at, m.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY m.created_at DESC, m.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(body ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(cursor_time(created_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page
