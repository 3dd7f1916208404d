-- Refunds that are not done: those that failed, or are on their way. Newest first.
-- pool: read
WITH page AS (
    SELECT r, r.id, r.created_at, row_number() OVER (ORDER BY r.created_at DESC, r.id DESC) AS place
    FROM refund r
    WHERE r.status = :status AND (:before_at::timestamptz IS NULL OR (r.created_at, r.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY r.created_at DESC, r.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(refund_body(page.r, true) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(cursor_time(created_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page
