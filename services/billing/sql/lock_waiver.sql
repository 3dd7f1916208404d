-- Takes the account of a waiver's order, then its installments in the order everybody takes them, for the rest of the unit.
WITH account AS MATERIALIZED (
    SELECT a.order_id FROM order_account a WHERE a.order_id = (SELECT w.order_id FROM waiver w WHERE w.id = :id::uuid) FOR NO KEY UPDATE
)
SELECT i.number FROM account a JOIN installment i USING (order_id)
ORDER BY i.due_date, i.number
FOR NO KEY UPDATE OF i
