-- An empty cart of the customer.
-- adds: jobs for later
WITH made AS (
    INSERT INTO cart AS c (id, customer_id, channel, watched, created_at, updated_at, expires_at)
    VALUES (:id::uuid, :owner::uuid, :channel, true, :now::timestamptz, :now::timestamptz, :now::timestamptz + interval '30 days')
    RETURNING c AS whole
), reply AS (
    SELECT cart_body(whole, :now::timestamptz)::text AS body FROM made
), {{remember 201}}
SELECT body FROM reply
