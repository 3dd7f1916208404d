-- A refund that no provider has made was paid out by hand: the customer's credit is used up. It is another attempt: what a provider still says of those before is not about this one.
WITH asked AS (
    SELECT id, status FROM refund WHERE id = :id::uuid FOR NO KEY UPDATE
), paid AS (
    UPDATE refund r SET status = 'succeeded', attempt = r.attempt + 1, paid_from = manual_till(:method), paid_reference = :reference, paid_by = :by, failure_code = NULL,
                        updated_at = :now::timestamptz
    FROM asked a WHERE r.id = a.id AND r.status = 'failed'
    RETURNING r.*, refund_body(r, true)::text AS body
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, payment_id, effective_on, recorded_at)
    SELECT r.id, 2 * r.attempt - 1, 'refund', 'customer_credit', r.paid_from, r.amount, r.currency, r.customer_id, r.order_id, r.payment_id, :today::date, :now::timestamptz
    FROM paid r
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'refund.succeeded', r.id::text, r.customer_id,
           jsonb_build_object('refund_id', r.id, 'payment_id', r.payment_id, 'order_id', r.order_id, 'customer_id', r.customer_id, 'amount', r.amount,
                              'currency', r.currency, 'kind', r.reason), :trace, :now::timestamptz
    FROM paid r
), reply AS (
    SELECT body FROM paid
), {{remember 200}}
SELECT CASE WHEN r.body IS NULL THEN 'refund_not_failed' END AS problem, r.body FROM asked LEFT JOIN reply r ON true
