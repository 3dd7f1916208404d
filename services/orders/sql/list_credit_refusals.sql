-- Carts of a customer that were refused credit, the latest first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT r.id, r, row_number() OVER (ORDER BY r.id DESC) AS place
    FROM credit_refusal r
    WHERE r.customer_id = :customer_id::uuid AND r.id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY r.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(credit_refusal_body(r) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
