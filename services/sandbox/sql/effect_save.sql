-- Everything one request changes, and its answer for repetitions, in one go. An object must still have the version it was read with
-- (0: new).
WITH given AS (
    SELECT * FROM jsonb_to_recordset(:objects::jsonb) AS o(id text, kind text, customer text, version int, body jsonb)
), written AS (
    INSERT INTO object AS x (id, kind, customer, version, body, created_at)
    SELECT id, kind, customer, 1, body, clock_timestamp() FROM given
    ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, body = excluded.body, version = x.version + 1
        WHERE x.version = (SELECT g.version FROM given g WHERE g.id = x.id)
    RETURNING id
), captured AS (
    INSERT INTO charge (id, payment_intent, amount, currency, customer, metadata, created_at)
    SELECT c.id, c.payment_intent, c.amount, c.currency, c.customer, coalesce(c.metadata, '{}'), clock_timestamp()
    FROM jsonb_to_recordset(:charges::jsonb) AS c(id text, payment_intent text, amount bigint, currency text, customer text, metadata jsonb)
), refunded AS (
    UPDATE charge SET amount_refunded = charge.amount_refunded + r.amount
    FROM jsonb_to_recordset(:refunds::jsonb) AS r(payment_intent text, amount bigint)
    WHERE charge.payment_intent = r.payment_intent
), happened AS (
    INSERT INTO event (id, type, payload, dialect, created_at)
    SELECT e.id, e.type, e.payload, e.dialect, clock_timestamp() FROM jsonb_to_recordset(:events::jsonb) AS e(id text, type text, payload text, dialect text)
), deliveries AS (
    INSERT INTO job (kind, key, run_at, payload)
    SELECT 'deliver_webhook', 'deliver:' || d.event_id || ':' || d.copy, :now::timestamptz + make_interval(secs => d.delay_ms / 1000.0),
           jsonb_build_object('event_id', d.event_id, 'signature', d.signature)
    FROM jsonb_to_recordset(:deliveries::jsonb) AS d(event_id text, copy int, delay_ms int, signature text)
    ON CONFLICT (key) DO NOTHING
), remembered AS (
    INSERT INTO idempotency (operation, subject, key, request_hash, status, body)
    SELECT :idem_operation, :idem_subject, :idem_key, :idem_hash, :status::int, :reply
    WHERE :idem_key::text IS NOT NULL
)
SELECT CASE WHEN (SELECT count(*) FROM written) < (SELECT count(*) FROM given) THEN cuotas_fail('sandbox_conflict') END AS checked
