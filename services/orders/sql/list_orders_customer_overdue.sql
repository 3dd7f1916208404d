-- A customer's orders past due, the longest first: looked for among all of the customer's. One row more than asked tells whether there is a next page.
-- coalesce: what can be no NULL may be looked for in the index of everything past due, and the planner would read all of that beside the customer's.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, o, row_number() OVER (ORDER BY (o).overdue_since, id) AS place
    FROM (
        SELECT o.id, o
        FROM sales_order o
        WHERE o.customer_id = :customer_id::uuid AND (:owner::uuid IS NULL OR o.customer_id = :owner::uuid)
          AND (:status::text IS NULL OR o.status = :status)
          AND (:fulfilment_status::text IS NULL OR order_fulfilment(o.status, o.fulfilment_status, o.release) = :fulfilment_status)
          AND coalesce(o.overdue_since, 'infinity') <= :today::date - coalesce(:dpd_min::int, 1) AND coalesce(o.overdue_since, 'infinity') >= coalesce(:today::date - :dpd_max::int, '-infinity')
          AND (coalesce(o.overdue_since, 'infinity'), o.id) > (coalesce(date '2000-01-01' + :after_since::int, '-infinity'), coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000'))
          AND o.created_at >= coalesce(:placed_from::timestamptz, '-infinity') AND o.created_at < coalesce(:placed_to::timestamptz, 'infinity')
        ORDER BY o.overdue_since, o.id
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
{{part page_past_due}}
