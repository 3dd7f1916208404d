-- A promotion. Its code is kept in capitals.
WITH made AS (
    INSERT INTO promotion AS p (id, code, name, rule, valid_from, valid_until, max_uses, max_uses_per_customer, created_at, created_by)
    SELECT :id::uuid, upper(:code), :name::text, :rule::jsonb, coalesce(:valid_from::timestamptz, :now::timestamptz), :valid_until::timestamptz, :max_uses::bigint,
           :max_uses_per_customer::bigint, :now::timestamptz, :by::uuid
    RETURNING p AS whole
), reply AS (
    SELECT promotion_body(whole)::text AS body FROM made
), {{remember 201}}
SELECT body FROM reply
