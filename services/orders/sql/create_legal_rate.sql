-- The law's word on the highest rate; who collects what is paid late keeps to it, too.
WITH recorded AS (
    INSERT INTO legal_rate AS r (id, country, kind, valid_from, valid_until, basis, max_rate, source, created_at, created_by)
    VALUES (:id::uuid, :country, :kind, :valid_from::date, :valid_until::date, :basis, :max_rate::numeric, :source, :now::timestamptz, :by)
    RETURNING r.*, legal_rate_body(r)::text AS body
), told AS (
    INSERT INTO outbox (type, subject, data, trace, occurred_at)
    SELECT 'legal_rate.recorded', id::text,
           jsonb_build_object('id', id, 'country', country, 'kind', kind, 'valid_from', valid_from, 'valid_until', valid_until, 'basis', basis, 'max_rate', max_rate::text),
           :trace, :now::timestamptz
    FROM recorded
), reply AS (
    SELECT body FROM recorded
), {{remember 201}}
SELECT body FROM reply
