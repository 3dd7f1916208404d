-- Orders that are so far, newest first: the newest of each state, walked in the index that has them so. One row more than asked tells whether there is a next page.
-- One range of one index, said as a range: asked for `=`, the planner may walk another index through everything to find what is rare.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, o, row_number() OVER (ORDER BY id DESC) AS place
    FROM (
        SELECT n.id, n.o
        FROM unnest(CASE WHEN :status::text IS NULL THEN ARRAY['confirmed', 'completed', 'canceled'] ELSE ARRAY[:status] END) AS s(status)
        CROSS JOIN LATERAL (
            SELECT o.id, o
            FROM sales_order o
            WHERE (order_fulfilment(o.status, o.fulfilment_status, o.release), o.status, o.id)
                < (:fulfilment_status::text, s.status, least(coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), coalesce(:below_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
              AND (order_fulfilment(o.status, o.fulfilment_status, o.release), o.status, o.id)
                >= (:fulfilment_status::text, s.status, coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000'))
              AND o.status IN ('confirmed', 'completed', 'canceled') AND o.cancel_reason IS NULL   -- which no draft is that was not approved
              AND o.created_at >= coalesce(:placed_from::timestamptz, '-infinity') AND o.created_at < coalesce(:placed_to::timestamptz, 'infinity')
            ORDER BY order_fulfilment(o.status, o.fulfilment_status, o.release) DESC, o.status DESC, o.id DESC
            LIMIT 101
        ) AS n
        ORDER BY n.id DESC
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', {{part orders_of_page}},
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
JOIN contract c ON c.id = (page.o).contract_id
