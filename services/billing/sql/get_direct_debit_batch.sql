-- One batch of direct debits.
-- pool: read
SELECT direct_debit_batch_body(b) AS body FROM direct_debit_batch b WHERE b.id = :id::uuid
