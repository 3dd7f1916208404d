-- Orders in review, or whose review ended so, those that wait longest first. One row more than asked tells whether there is a next page.
-- One range of one index, said as a range; LIMIT 101, more than any page: a number the planner can see.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, r, row_number() OVER (ORDER BY id) AS place
    FROM (
        SELECT r.order_id AS id, r
        FROM credit_review r
        WHERE (r.status, r.order_id) > (:status::text, coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000')) AND r.status <= :status::text
        ORDER BY r.status, r.order_id
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(credit_review_body(r, o, credit_votes(o.id)) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
JOIN sales_order o ON o.id = page.id
