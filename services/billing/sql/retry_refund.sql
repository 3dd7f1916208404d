-- A refund that failed is sent once more, as another attempt: what the provider still says of the one before is not about this one. Not what was used of the
-- customer's credit meanwhile (after lock_credit, in its unit).
WITH asked AS (
    SELECT id, status, CASE WHEN status = 'failed' AND amount > (SELECT c.balance - c.on_its_way FROM credit_of(r.customer_id) AS c WHERE c.currency = r.currency)
                            THEN true ELSE false END AS used
    FROM refund r WHERE id = :id::uuid FOR NO KEY UPDATE
), again AS (
    UPDATE refund r SET status = 'pending', attempt = r.attempt + 1, provider_reference = NULL, failure_code = NULL, updated_at = :now::timestamptz
    FROM asked a WHERE r.id = a.id AND r.status = 'failed' AND NOT a.used
    RETURNING r.id, r.attempt, refund_body(r, true)::text AS body
), sending AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'refund_payment', 'refund:' || id || ':attempt:' || attempt, :now::timestamptz, jsonb_build_object('refund_id', id), :trace FROM again
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT body FROM again
), {{remember 200}}
SELECT CASE WHEN a.used THEN 'credit_too_small' WHEN r.body IS NULL THEN 'refund_not_failed' END AS problem, r.body FROM asked a LEFT JOIN reply r ON true
