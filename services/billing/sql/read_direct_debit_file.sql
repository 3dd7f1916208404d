-- What a batch's file says of itself and of its creditor.
-- pool: read
SELECT end_to_end_id(b.id) AS message_id, to_char(b.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS made_at, c.creditor_id, c.name, c.iban, c.bic, c.batch_booking
FROM direct_debit_batch b JOIN sepa_creditor c ON c.version = b.creditor WHERE b.id = :id::uuid
