-- The answer of a payment by credit, at the end of its unit.
WITH reply AS (
    SELECT payment_body(p, 0)::text AS body FROM payment p WHERE p.id = :id::uuid
), {{remember 201}}
SELECT body FROM reply
