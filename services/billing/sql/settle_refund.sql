-- The provider's word on a refund. Given back: the customer's credit is used up. Failed: it stays a debt of ours. Pending still: known by its reference.
WITH settled AS (
    UPDATE refund SET status = :status, provider_reference = coalesce(:provider_reference, provider_reference), failure_code = :failure_code,
                      updated_at = :now::timestamptz
    WHERE id = :id::uuid AND status = 'pending'
    RETURNING *
)
INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, payment_id, effective_on,
                     recorded_at)
SELECT r.id, 1, 'refund', 'customer_credit', 'cash_at_provider', r.amount, r.currency, r.customer_id, r.order_id, r.payment_id,
       :today::date, :now::timestamptz
FROM settled r
WHERE r.status = 'succeeded'
