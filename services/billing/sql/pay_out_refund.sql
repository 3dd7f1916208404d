-- A refund that no provider has made was paid out by hand (after lock_credit, in its unit): the customer's credit is used up; not one that was used otherwise. It is another attempt: what a provider still says of those before is not about this one.
WITH asked AS (
    SELECT id, status, CASE WHEN status = 'failed' AND amount > (SELECT c.balance - c.on_its_way FROM credit_of(r.customer_id) AS c WHERE c.currency = r.currency)
                            THEN true ELSE false END AS used
    FROM refund r WHERE id = :id::uuid FOR NO KEY UPDATE
), paid AS (
    UPDATE refund r SET status = 'succeeded', attempt = r.attempt + 1, paid_from = manual_till(:method), paid_reference = :reference, paid_by = :by, failure_code = NULL,
                        updated_at = :now::timestamptz
    FROM asked a WHERE r.id = a.id AND r.status = 'failed' AND NOT a.used
    RETURNING r.*, refund_body(r, true)::text AS body, refund_told(r) AS told
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, payment_id, effective_on, recorded_at)
    SELECT r.id, 2 * r.attempt - 1, 'refund', 'customer_credit', r.paid_from, r.amount, r.currency, r.customer_id, r.order_id, r.payment_id, :today::date, :now::timestamptz
    FROM paid r
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'refund.succeeded', r.id::text, r.customer_id, r.told, :trace, :now::timestamptz
    FROM paid r
), reply AS (
    SELECT body FROM paid
), {{remember 200}}
SELECT CASE WHEN a.used THEN 'credit_too_small' WHEN r.body IS NULL THEN 'refund_not_failed' END AS problem, r.body FROM asked a LEFT JOIN reply r ON true
