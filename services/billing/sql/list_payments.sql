-- An order's payments, newest first.
-- pool: read
WITH page AS (
    SELECT p.id, p.created_at, payment_body(p.*) AS body, row_number() OVER (ORDER BY p.created_at DESC, p.id DESC) AS place
    FROM payment p
    WHERE p.order_id = :order_id::uuid AND (:owner::uuid IS NULL OR p.customer_id = :owner::uuid)
      AND (:before_at::timestamptz IS NULL OR (p.created_at, p.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY p.created_at DESC, p.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(body ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(cursor_time(created_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page
