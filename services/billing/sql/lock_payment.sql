-- Takes a payment's order account, then its installments in the order everybody takes them, for the rest of the unit.
WITH account AS MATERIALIZED (
    SELECT a.order_id FROM order_account a
    WHERE a.order_id = (SELECT p.order_id FROM payment p WHERE p.id = :payment_id::uuid)
    FOR NO KEY UPDATE
)
SELECT i.number FROM account a JOIN installment i USING (order_id)
ORDER BY i.due_date, i.number
FOR NO KEY UPDATE OF i
