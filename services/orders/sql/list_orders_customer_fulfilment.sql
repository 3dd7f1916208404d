-- A customer's orders that are so far, newest first: looked for among all of the customer's. One row more than asked tells whether there is a next page.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, o, row_number() OVER (ORDER BY id DESC) AS place
    FROM (
        SELECT o.id, o
        FROM sales_order o
        WHERE o.customer_id = :customer_id::uuid AND (:owner::uuid IS NULL OR o.customer_id = :owner::uuid)
          AND order_fulfilment(o.status, o.fulfilment_status, o.release) = :fulfilment_status AND o.cancel_reason IS NULL
          AND (:status::text IS NULL OR o.status = :status)
          AND {{part placed_between}}
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
