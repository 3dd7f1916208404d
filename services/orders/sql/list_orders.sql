-- Every order, newest first.
-- pool: read
SELECT order_page(ARRAY(
    SELECT id FROM sales_order
    WHERE id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    ORDER BY id DESC LIMIT :limit::int + 1), :limit::int)::text AS body
