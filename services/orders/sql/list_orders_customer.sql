-- A customer's orders, newest first. One row more than asked tells whether there is a next page.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, o, row_number() OVER (ORDER BY id DESC) AS place
    FROM (
        SELECT o.id, o
        FROM sales_order o
        WHERE o.customer_id = :customer_id::uuid AND (:owner::uuid IS NULL OR o.customer_id = :owner::uuid)
          AND o.id >= coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')
          AND o.id < least(coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), coalesce(:below_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
          AND o.created_at >= coalesce(:placed_from::timestamptz, '-infinity') AND o.created_at < coalesce(:placed_to::timestamptz, 'infinity')
        ORDER BY o.id DESC
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', {{part orders_of_page}},
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
JOIN contract c ON c.id = (page.o).contract_id
