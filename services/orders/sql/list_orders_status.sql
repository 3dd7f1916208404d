-- Every order in a state, newest first. One row more than asked tells whether there is a next page.
-- One range of one index, said as a range: asked for `= status`, the planner may walk another index through everything to find what is rare.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, o, row_number() OVER (ORDER BY status DESC, id DESC) AS place
    FROM (
        SELECT o.status, o.id, o
        FROM sales_order o
        WHERE (o.status, o.id) < (:status::text, coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')) AND o.status >= :status::text
        ORDER BY o.status DESC, o.id DESC
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(order_body(o, c, (SELECT json_agg(order_line_body(l) ORDER BY l.number) FROM order_line l
                                                WHERE l.order_id = c.order_id)) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
JOIN contract c ON c.id = (page.o).contract_id
