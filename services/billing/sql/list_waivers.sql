-- Waivers, newest first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS (
    SELECT w, d, w.asked_at, w.id, row_number() OVER (ORDER BY w.asked_at DESC, w.id DESC) AS place
    FROM waiver w LEFT JOIN waiver_decision d ON d.waiver_id = w.id
    WHERE (w.asked_at, w.id) < (coalesce(:before_at::timestamptz, 'infinity'), coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (:order_id::uuid IS NULL OR w.order_id = :order_id::uuid)
      AND (:status::text IS NULL OR :status = CASE WHEN NOT w.over_limit OR d.approved THEN 'applied' WHEN d.waiver_id IS NULL THEN 'pending' ELSE 'declined' END)
    ORDER BY w.asked_at DESC, w.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(waiver_body(p.w, p.d) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(cursor_time(asked_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page p
