-- The version shown becomes acceptable: its cart is made, and a look before it expires. No quote: no row.
-- adds: jobs for later
WITH approved AS (
    UPDATE quote AS q SET status = 'approved', approved_version = q.version, reason = :reason, decided_at = :now::timestamptz, decided_by = :by::uuid
    FROM quote_version v
    WHERE q.id = :id::uuid AND q.status = 'draft' AND q.version = :version::int AND v.quote_id = :id::uuid AND v.version = :version::int
      AND v.expires_at > :now::timestamptz
    RETURNING q AS whole, v AS content
), filled AS (
    INSERT INTO cart (id, customer_id, currency, lines, version, created_at, updated_at, expires_at, quote_version)
    SELECT (whole).id, (whole).customer_id, (content).currency, (content).lines, (content).version, :now::timestamptz, :now::timestamptz, (content).expires_at,
           (content).version
    FROM approved
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'quote.approved', (whole).id::text, (whole).customer_id, quote_event(content, (whole).customer_id, false), :trace, :now::timestamptz FROM approved
), watched AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'watch_quote', 'quote:' || (whole).id || ':' || (whole).version,
           CASE WHEN quote_reminded_at(content) >= :now::timestamptz + interval '1 day' THEN quote_reminded_at(content) ELSE (content).expires_at END,
           jsonb_build_object('quote_id', (whole).id, 'version', (whole).version), :trace
    FROM approved
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT quote_body(whole, content, NULL, :now::timestamptz)::text AS body FROM approved
), {{remember 200}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, CASE WHEN q.version <> :version::int THEN 'quote_changed' WHEN q.status = 'void' THEN 'quote_void' WHEN q.status = 'approved' THEN 'quote_approved'
                  ELSE 'quote_expired' END
FROM quote q WHERE q.id = :id::uuid AND NOT EXISTS (SELECT FROM reply)
