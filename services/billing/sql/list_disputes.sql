-- Disputes, newest first.
-- pool: read
WITH page AS (
    SELECT d, d.id, d.opened_at, row_number() OVER (ORDER BY d.opened_at DESC, d.id DESC) AS place
    FROM dispute d
    WHERE (:status::text IS NULL OR d.status = :status) AND (:order_id::uuid IS NULL OR d.order_id = :order_id::uuid)
      AND (:before_at::timestamptz IS NULL OR (d.opened_at, d.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY d.opened_at DESC, d.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(dispute_body(page.d) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(cursor_time(opened_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page
