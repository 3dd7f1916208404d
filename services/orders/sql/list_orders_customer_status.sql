-- A customer's orders in a state, newest first.
-- pool: read
SELECT order_page(ARRAY(
    SELECT id FROM sales_order
    WHERE customer_id = :customer_id::uuid AND (:owner::uuid IS NULL OR customer_id = :owner::uuid) AND status = :status
      AND id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY id DESC LIMIT :limit::int + 1), :limit::int)::text AS body
