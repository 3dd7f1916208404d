-- A payment's refunds, newest first; whatever they were made for. No row: no such payment.
-- pool: read
WITH page AS (
    SELECT r, r.id, r.created_at, row_number() OVER (ORDER BY r.created_at DESC, r.id DESC) AS place
    FROM refund r
    WHERE r.payment_id = :payment_id::uuid AND (:owner::uuid IS NULL OR r.customer_id = :owner::uuid)
      AND (:before_at::timestamptz IS NULL OR (r.created_at, r.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY r.created_at DESC, r.id DESC
    LIMIT :limit::int + 1
), listed AS (
    SELECT json_build_object(
        'data', coalesce(json_agg(refund_body(page.r, :owner::uuid IS NULL) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
        'next_cursor', CASE WHEN count(*) > :limit::int
                            THEN (SELECT cuotas_cursor(cursor_time(created_at), id::text) FROM page WHERE place = :limit::int) END) AS body
    FROM page
)
SELECT l.body FROM payment p CROSS JOIN listed l
WHERE p.id = :payment_id::uuid AND (:owner::uuid IS NULL OR p.customer_id = :owner::uuid)
