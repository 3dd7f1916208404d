-- An order with its lines and contract, its buyer's or any for staff.
-- pool: read
SELECT order_body(o, c, (SELECT json_agg(order_line_body(l) ORDER BY l.number) FROM order_line l WHERE l.order_id = o.id))::text AS body
FROM sales_order o
JOIN contract c ON c.id = o.contract_id
WHERE o.id = :id::uuid AND (:owner::uuid IS NULL OR o.customer_id = :owner::uuid)
