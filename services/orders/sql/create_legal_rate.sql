-- The law's word on the highest rate.
WITH reply AS (
    INSERT INTO legal_rate AS r (id, country, kind, valid_from, valid_until, basis, max_rate, source, created_at, created_by)
    VALUES (:id::uuid, :country, :kind, :valid_from::date, :valid_until::date, :basis, :max_rate::numeric, :source, :now::timestamptz, :by)
    RETURNING legal_rate_body(r)::text AS body
), {{remember 201}}
SELECT body FROM reply
