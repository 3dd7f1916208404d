-- Takes an order's account for the rest of the unit; what follows sees everything committed before.
SELECT order_id FROM order_account WHERE order_id = :order_id::uuid FOR NO KEY UPDATE
