-- Payments recorded by hand, newest first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS (
    SELECT m, m.recorded_at, m.id, row_number() OVER (ORDER BY m.recorded_at DESC, m.id DESC) AS place
    FROM manual_payment m
    WHERE (m.recorded_at, m.id) < (coalesce(:before_at::timestamptz, 'infinity'), coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (:order_id::uuid IS NULL OR m.order_id = :order_id::uuid) AND (:status::text IS NULL OR manual_payment_status(m) = :status)
      AND (:reference::text IS NULL OR m.reference = :reference)
    ORDER BY m.recorded_at DESC, m.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(manual_payment_body(p.m) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(cursor_time(recorded_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page p
