-- Plans in the order of offers. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT p, p.position, p.id, row_number() OVER (ORDER BY p.position, p.id) AS place
    FROM plan_definition p
    WHERE (p.position, p.id) > (coalesce(:after_position::int, -1), coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000'))
      AND (:active::boolean IS NULL OR p.active = :active::boolean)
    ORDER BY p.position, p.id
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(plan_body(p) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(position::text, id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
