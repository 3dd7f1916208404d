-- A quote that was not accepted can be accepted no more. Its cart decides between this and an acceptance. No quote: no row.
WITH withdrawn AS (
    DELETE FROM cart WHERE id = :id::uuid AND quote_version IS NOT NULL AND status = 'open' RETURNING id
), ended AS (
    UPDATE quote AS q SET status = 'void', reason = :reason, decided_at = :now::timestamptz, decided_by = :by::uuid
    FROM quote_version v
    WHERE q.id = :id::uuid AND v.quote_id = :id::uuid AND v.version = q.version
      AND (q.status = 'draft' OR q.status = 'approved' AND (EXISTS (SELECT FROM withdrawn) OR q.expired_version = q.version))
    RETURNING q AS whole, v AS content
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'quote.voided', (whole).id::text, (whole).customer_id,
           quote_event(coalesce(o, content), (whole).customer_id, (whole).approved_version IS NULL)
           || jsonb_build_object('withdrawn', (whole).expired_version IS DISTINCT FROM (whole).approved_version AND coalesce(o.expires_at > :now::timestamptz, false)),
           :trace, :now::timestamptz
    FROM ended LEFT JOIN quote_version o ON o.quote_id = (whole).id AND o.version = (whole).approved_version   -- the one it was last offered by, if another was drafted since
), reply AS (
    SELECT quote_body(whole, content, NULL, :now::timestamptz)::text AS body FROM ended
), {{remember 200}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, CASE WHEN q.status = 'void' THEN 'quote_void'
                  WHEN EXISTS (SELECT FROM cart c WHERE c.id = q.id AND c.status = 'ordered') THEN 'quote_converted' ELSE 'conflict' END
FROM quote q WHERE q.id = :id::uuid AND NOT EXISTS (SELECT FROM reply)
