-- The provider's word on a refund (after lock_refund, in its unit), or on one attempt of it. Given back: the customer's credit is used up. Failed: it stays a debt
-- of ours, or is one again, where the bank sent it back. Pending still: known by its reference.
WITH before AS (
    SELECT id, status FROM refund WHERE id = :id::uuid AND paid_from IS NULL AND (:attempt::int IS NULL OR attempt = :attempt::int)
), settled AS (
    UPDATE refund r SET status = :status, provider_reference = coalesce(:provider_reference, r.provider_reference), failure_code = :failure_code,
                        updated_at = :now::timestamptz
    FROM before b
    WHERE r.id = b.id AND (b.status = 'pending' OR b.status = 'succeeded' AND :status = 'failed')
    RETURNING r.*, b.status AS was, refund_told(r) AS told
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, payment_id, effective_on,
                         recorded_at)
    SELECT r.id, CASE WHEN r.status = 'failed' THEN 2 * r.attempt ELSE 2 * r.attempt - 1 END, 'refund',
           CASE WHEN r.status = 'failed' THEN 'cash_at_provider' ELSE 'customer_credit' END,
           CASE WHEN r.status = 'failed' THEN 'customer_credit' ELSE 'cash_at_provider' END, r.amount, r.currency, r.customer_id, r.order_id, r.payment_id,
           :today::date, :now::timestamptz
    FROM settled r
    WHERE r.status = 'succeeded' OR r.was = 'succeeded'
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT CASE r.status WHEN 'succeeded' THEN 'refund.succeeded' ELSE 'refund.failed' END, r.id::text, r.customer_id,
       r.told
       || CASE WHEN r.status = 'failed' THEN jsonb_build_object('failure_code', r.failure_code, 'attempt', r.attempt) ELSE '{}' END,
       :trace, :now::timestamptz
FROM settled r
WHERE r.status <> 'pending'
