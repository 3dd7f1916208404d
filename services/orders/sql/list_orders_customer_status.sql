-- A customer's orders in a state, newest first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, row_number() OVER (ORDER BY id DESC) AS place
    FROM sales_order
    WHERE customer_id = :customer_id::uuid AND (:owner::uuid IS NULL OR customer_id = :owner::uuid) AND status = :status
      AND id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(order_body(o, c, (SELECT json_agg(order_line_body(l) ORDER BY l.number) FROM order_line l
                                                WHERE l.order_id = o.id)) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
JOIN sales_order o USING (id)
JOIN contract c ON c.id = o.contract_id
