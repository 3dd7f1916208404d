-- Takes the accounts of what a batch of direct debits will ask for, in their order, for the rest of the unit; what follows sees everything committed before.
WITH {{part debitable}}
SELECT a.order_id FROM order_account a WHERE a.order_id IN (SELECT order_id FROM debitable) ORDER BY a.order_id FOR NO KEY UPDATE
