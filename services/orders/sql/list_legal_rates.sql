-- Legal maximum rates, the latest days first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT r, r.valid_from, r.id, row_number() OVER (ORDER BY r.valid_from DESC, r.id DESC) AS place
    FROM legal_rate r
    WHERE (r.valid_from, r.id) < (coalesce(:after_day::date, 'infinity'), coalesce(:after_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (:country::text IS NULL OR r.country = :country)
    ORDER BY r.valid_from DESC, r.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(legal_rate_body(r) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text, valid_from::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
