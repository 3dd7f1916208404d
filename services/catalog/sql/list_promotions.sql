-- Promotions, newest first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT p, p.id, row_number() OVER (ORDER BY p.id DESC) AS place
    FROM promotion p
    WHERE p.id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY p.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(promotion_body(p) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
