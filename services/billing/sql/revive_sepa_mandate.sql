-- A mandate that a return ended is used again: somebody says why. One that is in use stays as it is. No row: no such mandate.
WITH chosen AS MATERIALIZED (
    SELECT m.id, m.status, m.revoked_at, m.removed_at FROM payment_method m JOIN sepa_mandate s USING (id) WHERE m.id = :id::uuid
    FOR NO KEY UPDATE OF m
), revived AS (
    UPDATE payment_method m SET status = 'signed' FROM chosen c WHERE m.id = c.id AND c.status = 'declined' AND c.revoked_at IS NULL AND c.removed_at IS NULL
    RETURNING m.id
), kept AS (
    INSERT INTO sepa_mandate_revival (id, mandate_id, reason, revived_at, revived_by) SELECT :revival_id::uuid, r.id, :reason, :now::timestamptz, :by FROM revived r
)
SELECT CASE WHEN c.removed_at IS NOT NULL THEN cuotas_fail('payment_method_not_usable', 'the mandate was removed') WHEN c.revoked_at IS NOT NULL THEN cuotas_fail('mandate_revoked') END AS checked
FROM chosen c
