-- An empty cart of the customer.
WITH reply AS (
    INSERT INTO cart AS c (id, customer_id, created_at, updated_at, expires_at)
    VALUES (:id::uuid, :owner::uuid, :now::timestamptz, :now::timestamptz, :now::timestamptz + interval '30 days')
    RETURNING cart_body(c, :now::timestamptz)::text AS body
), {{remember 201}}
SELECT body FROM reply
