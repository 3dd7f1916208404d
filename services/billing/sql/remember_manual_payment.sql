-- The answer to who recorded it, kept under their key in the same unit.
WITH reply AS (
    SELECT manual_payment_body(m)::text AS body FROM manual_payment m WHERE m.id = :id::uuid
), {{remember 201}}
SELECT body FROM reply
