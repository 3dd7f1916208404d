-- Closures, the latest days first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT c, c.last_day, c.id, row_number() OVER (ORDER BY c.last_day DESC, c.id DESC) AS place
    FROM closure c
    WHERE (c.last_day, c.id) < (coalesce(:after_day::date, 'infinity'), coalesce(:after_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')) AND c.removed_at IS NULL
      AND (:calendar::text IS NULL OR c.calendar IS NULL OR c.calendar = :calendar)
    ORDER BY c.last_day DESC, c.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(closure_body(c) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text, last_day::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
