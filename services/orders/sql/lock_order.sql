-- One at a time changes what is sent of an order: statements after this in the same unit see all that others did before.
SELECT id FROM sales_order WHERE id = :order_id::uuid FOR NO KEY UPDATE
