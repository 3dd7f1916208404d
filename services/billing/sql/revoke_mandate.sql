-- A customer takes back that a method is charged without them: nothing new is, and it stays theirs to pay with. The first time counts. No row: none of theirs.
WITH chosen AS MATERIALIZED (
    SELECT m.id, m.status, m.revoked_at, m AS method,   -- judged by this very row: it may have been saved while its lock was waited for
           m.saved_at IS NOT NULL AND NOT EXISTS (SELECT FROM payment_method d WHERE d.customer_id = m.customer_id AND d.saved_at IS NOT NULL AND (d.saved_at, d.id) > (m.saved_at, m.id) AND d.id <> m.id) AS now_default
    FROM payment_method m
    WHERE m.id = :id::uuid AND m.removed_at IS NULL AND (:owner::uuid IS NULL OR m.customer_id = :owner::uuid)
      AND (m.saved_at IS NOT NULL OR m.status IN ('processing', 'requires_action'))
    FOR NO KEY UPDATE
), revoked AS (
    UPDATE payment_method m SET revoked_at = :now::timestamptz, revoked_by = :by FROM chosen c
    WHERE m.id = c.id AND c.revoked_at IS NULL AND c.status NOT IN ('processing', 'requires_action')
    RETURNING m.id, m.customer_id, m.provider, m.brand, m.last4, payment_method_body(m, c.now_default, :today::date)::text AS body
), ended AS (
    UPDATE mandate d SET revoked_at = :now::timestamptz, revoked_by = :by FROM revoked r WHERE d.payment_method_id = r.id AND d.revoked_at IS NULL
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'mandate.revoked', r.id::text, r.customer_id,
           jsonb_build_object('payment_method_id', r.id, 'customer_id', r.customer_id, 'provider', r.provider, 'brand', r.brand, 'last4', r.last4, 'revoked_by', :by::text), :trace, :now::timestamptz
    FROM revoked r
)
SELECT CASE WHEN c.status IN ('processing', 'requires_action') THEN 'payment_method_being_set_up' END AS problem,
       coalesce(r.body, payment_method_body(c.method, c.now_default, :today::date)::text) AS body
FROM chosen c LEFT JOIN revoked r ON true
