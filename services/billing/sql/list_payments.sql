-- An order's payments, newest first.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT p, p.id, p.created_at, row_number() OVER (ORDER BY p.created_at DESC, p.id DESC) AS place
    FROM payment p
    WHERE p.order_id = :order_id::uuid AND (:owner::uuid IS NULL OR p.customer_id = :owner::uuid)
      AND (:before_at::timestamptz IS NULL OR (p.created_at, p.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY p.created_at DESC, p.id DESC
    LIMIT :limit::int + 1
), refunded AS (
    SELECT r.payment_id AS id, sum(r.amount) AS amount FROM refund r
    WHERE r.payment_id = ANY (ARRAY(SELECT id FROM page)) AND r.status = 'succeeded'
    GROUP BY r.payment_id
)
SELECT json_build_object(
    'data', coalesce(json_agg(payment_body(page.p, coalesce(r.amount, 0)) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(cursor_time(created_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page LEFT JOIN refunded r USING (id)
