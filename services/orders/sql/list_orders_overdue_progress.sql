-- Orders past due, the longest first: those of each state and progress, walked in the index that has them so. One row more than asked tells whether there is a next page.
-- One range of one index, said as a range: asked for `=`, the planner may walk another index through everything to find what is rare.
-- CASE: of two ranges nobody knows the planner takes one row in 200 to be left, fewer than a page: it would read all that is past due, and sort it.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, o, row_number() OVER (ORDER BY (o).overdue_since, id) AS place
    FROM (
        SELECT n.id, n.o
        FROM unnest(CASE WHEN :status::text IS NULL THEN ARRAY['confirmed', 'completed', 'canceled'] ELSE ARRAY[:status] END) AS s(status)
        CROSS JOIN unnest(CASE WHEN :fulfilment_status::text IS NULL
                               THEN ARRAY['awaiting_release', 'unfulfilled', 'partially_fulfilled', 'fulfilled', 'returned']
                               ELSE ARRAY[:fulfilment_status] END) AS f(fulfilment)
        CROSS JOIN LATERAL (
            SELECT o.id, o
            FROM sales_order o
            WHERE (order_fulfilment(o.status, o.fulfilment_status, o.release), o.status, o.overdue_since, o.id)
                > (f.fulfilment, s.status, greatest(coalesce(date '2000-01-01' + :after_since::int, '-infinity'), coalesce(:today::date - :dpd_max::int, '-infinity')),
                   CASE WHEN date '2000-01-01' + :after_since::int < :today::date - :dpd_max::int THEN '00000000-0000-0000-0000-000000000000'   -- read on another day
                         ELSE coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000') END)
              AND (order_fulfilment(o.status, o.fulfilment_status, o.release), o.status, o.overdue_since)
                <= (f.fulfilment, s.status, :today::date - coalesce(:dpd_min::int, 1))
              AND o.overdue_since IS NOT NULL AND o.status IN ('confirmed', 'completed', 'canceled')
              AND CASE WHEN o.created_at >= coalesce(:placed_from::timestamptz, '-infinity') THEN o.created_at < coalesce(:placed_to::timestamptz, 'infinity') END
            ORDER BY order_fulfilment(o.status, o.fulfilment_status, o.release), o.status, o.overdue_since, o.id
            LIMIT 101
        ) AS n
        ORDER BY (n.o).overdue_since, n.id
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
{{part page_past_due}}
