-- The answer to who made it, kept under their key in the same unit.
WITH reply AS (
    SELECT direct_debit_batch_body(b)::text AS body FROM direct_debit_batch b WHERE b.id = :id::uuid
), {{remember 201}}
SELECT body FROM reply
