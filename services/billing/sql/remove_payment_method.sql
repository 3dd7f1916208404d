-- A customer gives a method up: nothing new is charged by it, and a job has the provider forget it (a SEPA mandate has none). No row: none of theirs, or a token that lives on in a newer row.
WITH chosen AS MATERIALIZED (
    SELECT m.* FROM payment_method m
    WHERE m.id = :id::uuid AND (:owner::uuid IS NULL OR m.customer_id = :owner::uuid)
      AND (m.saved_at IS NOT NULL OR m.removed_at IS NOT NULL OR m.status IN ('processing', 'requires_action', 'failed'))
    FOR NO KEY UPDATE
), removed AS (
    UPDATE payment_method m SET saved_at = NULL, removed_at = :now::timestamptz FROM chosen c
    WHERE m.id = c.id AND c.removed_at IS NULL AND c.status NOT IN ('processing', 'requires_action')
    RETURNING m.id, m.status, m.provider
), revoked AS (
    UPDATE mandate d SET revoked_at = :now::timestamptz, revoked_by = :by FROM removed r WHERE d.payment_method_id = r.id AND d.revoked_at IS NULL
), detaching AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'detach_method', 'detach:' || id, :now::timestamptz, jsonb_build_object('payment_method_id', id), :trace FROM removed WHERE status <> 'failed' AND provider <> 'sepa'
    ON CONFLICT (key) DO NOTHING
)
SELECT CASE WHEN c.status IN ('processing', 'requires_action') THEN 'payment_method_being_set_up' END AS problem, payment_method_body(m, false, :today::date) AS body
FROM chosen c JOIN payment_method m ON m.id = c.id
