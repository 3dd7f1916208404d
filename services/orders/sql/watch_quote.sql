-- A look at a version of a quote that was approved: tells once that it is about to expire, later that it has. Then its cart goes, which decides between this, an acceptance and a
-- withdrawal; of a quote that is not open any more there is nothing to tell.
-- adds: jobs for later
WITH open AS (
    SELECT q.id, v AS content, v.expires_at, v.expires_at <= :now::timestamptz AS over
    FROM quote q
    JOIN quote_version v ON v.quote_id = q.id AND v.version = q.version
    JOIN cart c ON c.id = q.id AND c.quote_version = q.version AND c.status = 'open'
    WHERE q.id = :id::uuid AND q.version = :version::int AND q.status = 'approved'
), ended AS (
    DELETE FROM cart c USING open o WHERE c.id = o.id AND c.status = 'open' AND c.quote_version = :version::int AND o.over
    RETURNING c.id
), marked AS (
    UPDATE quote AS q
    SET expired_version = CASE WHEN o.over THEN q.version ELSE q.expired_version END, reminded_version = CASE WHEN o.over THEN q.reminded_version ELSE q.version END
    FROM open o
    WHERE q.id = o.id AND q.version = :version::int AND q.status = 'approved'
      AND CASE WHEN o.over THEN EXISTS (SELECT FROM ended)
               ELSE q.reminded_version IS DISTINCT FROM q.version AND quote_reminded_at(o.content) <= :now::timestamptz END
    RETURNING q.id, q.customer_id, o.content, o.over
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT CASE WHEN over THEN 'quote.expired' ELSE 'quote.expiring' END, id::text, customer_id, quote_event(content, customer_id, false), :trace, :now::timestamptz
    FROM marked
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'watch_quote', 'quote:' || id || ':' || :version || ':' || extract(epoch FROM expires_at)::bigint, expires_at,
       jsonb_build_object('quote_id', id, 'version', :version::int), :trace
FROM open WHERE NOT over
ON CONFLICT (key) DO NOTHING
