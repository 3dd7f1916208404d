-- A quote, or its next version: then what was approved of it can be accepted no more. Its cart says whether it was accepted: what is ordered is not deleted. That of one that has
-- expired is gone.
WITH withdrawn AS (
    DELETE FROM cart WHERE id = :id::uuid AND quote_version IS NOT NULL AND status = 'open' RETURNING id
), made AS (
    INSERT INTO quote AS q (id, customer_id, status, created_at, created_by)
    SELECT :id::uuid, :customer_id::uuid, 'draft', :now::timestamptz, :by::uuid WHERE NOT :again::boolean
    RETURNING q AS whole
), revised AS (
    UPDATE quote AS q SET status = 'draft', version = q.version + 1
    WHERE :again::boolean AND q.id = :id::uuid AND (q.status = 'draft' OR q.status = 'approved' AND (EXISTS (SELECT FROM withdrawn) OR q.expired_version = q.version))
    RETURNING q AS whole
), stated AS (
    SELECT whole FROM made UNION ALL SELECT whole FROM revised
), kept AS (
    INSERT INTO quote_version AS v (quote_id, version, currency, lines, offer_id, plan_id, plan_version, request, deposit_rules, release, offer, note, expires_at,
                                    made_at, made_by)
    SELECT :id::uuid, (whole).version, :currency, :lines::jsonb, :offer_id::uuid, :plan_id::uuid, :plan_version::int, :request::jsonb, :deposit_rules::jsonb,
           :release::jsonb, :offers::jsonb -> 'data' -> 0, :note, :valid_until::timestamptz, :now::timestamptz, :by::uuid
    FROM stated
    RETURNING v AS whole
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT CASE WHEN :again::boolean THEN 'quote.revised' ELSE 'quote.created' END, (s.whole).id::text, (s.whole).customer_id,
           quote_event(k.whole, (s.whole).customer_id, true), :trace, :now::timestamptz
    FROM stated s, kept k
), reply AS (
    SELECT quote_body(s.whole, k.whole, NULL, :now::timestamptz)::text AS body FROM stated s, kept k
), {{remember 201}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, CASE WHEN q.status = 'void' THEN 'quote_void'
                  WHEN EXISTS (SELECT FROM cart c WHERE c.id = q.id AND c.status = 'ordered') THEN 'quote_converted' ELSE 'conflict' END
FROM quote q WHERE q.id = :id::uuid AND NOT EXISTS (SELECT FROM reply)
