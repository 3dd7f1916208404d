-- As lock_order, of the order a shipment belongs to.
SELECT o.id FROM shipment s JOIN sales_order o ON o.id = s.order_id WHERE s.id = :shipment_id::uuid FOR NO KEY UPDATE OF o
