-- Orders past due, the longest first, whatever their state: one range of the index that has them so. One row more than asked tells whether there is a next page.
-- CASE: of two ranges nobody knows the planner takes one row in 200 to be left, fewer than a page: it would read all that is past due, and sort it.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, o, row_number() OVER (ORDER BY (o).overdue_since, id) AS place
    FROM (
        SELECT o.id, o
        FROM sales_order o
        WHERE (o.overdue_since, o.id)
            > (greatest(coalesce(date '2000-01-01' + :after_since::int, '-infinity'), coalesce(:today::date - :dpd_max::int, '-infinity')),
               CASE WHEN date '2000-01-01' + :after_since::int < :today::date - :dpd_max::int THEN '00000000-0000-0000-0000-000000000000'   -- read on another day
                     ELSE coalesce(:after::uuid, '00000000-0000-0000-0000-000000000000') END)
          AND o.overdue_since <= :today::date - coalesce(:dpd_min::int, 1)
          AND o.overdue_since IS NOT NULL   -- no word of the states: another index has them, and would be walked whole
          AND CASE WHEN o.created_at >= coalesce(:placed_from::timestamptz, '-infinity') THEN o.created_at < coalesce(:placed_to::timestamptz, 'infinity') END
        ORDER BY o.overdue_since, o.id
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
{{part page_past_due}}
