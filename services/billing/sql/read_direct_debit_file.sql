-- What a batch's file says of itself and of its creditor. Until it is sent, only while all of it would still be asked for.
-- pool: read
WITH {{part stale_debits}}
SELECT CASE WHEN b.status = 'canceled' THEN cuotas_fail('batch_decided', 'the batch is canceled') WHEN s.why IS NOT NULL THEN cuotas_fail('batch_stale', s.why) END AS checked,
       end_to_end_id(b.id) AS message_id, to_char(b.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS made_at, c.creditor_id, c.name, c.iban, c.bic, c.batch_booking
FROM direct_debit_batch b JOIN sepa_creditor c ON c.version = b.creditor CROSS JOIN stale_told s WHERE b.id = :id::uuid
