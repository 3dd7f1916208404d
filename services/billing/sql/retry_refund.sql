-- A refund that failed is sent once more, as another attempt: what the provider still says of the one before is not about this one.
WITH asked AS (
    SELECT id, status FROM refund WHERE id = :id::uuid FOR NO KEY UPDATE
), again AS (
    UPDATE refund r SET status = 'pending', attempt = r.attempt + 1, provider_reference = NULL, failure_code = NULL, updated_at = :now::timestamptz
    FROM asked a WHERE r.id = a.id AND r.status = 'failed'
    RETURNING r.id, r.attempt, refund_body(r, true)::text AS body
), sending AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'refund_payment', 'refund:' || id || ':attempt:' || attempt, :now::timestamptz, jsonb_build_object('refund_id', id), :trace FROM again
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT body FROM again
), {{remember 200}}
SELECT CASE WHEN r.body IS NULL THEN 'refund_not_failed' END AS problem, r.body FROM asked LEFT JOIN reply r ON true
