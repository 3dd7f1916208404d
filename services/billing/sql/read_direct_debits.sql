-- The debits of a batch's file, each with its mandate, group by group.
-- pool: read
SELECT s.scheme, d.sequence, d.collect_on, end_to_end_id(d.id) AS end_to_end_id, d.amount, d.number, s.reference, s.signed_on, s.debtor_name, s.iban, s.bic
FROM direct_debit d JOIN sepa_mandate s ON s.id = d.mandate_id
WHERE d.batch_id = :id::uuid
ORDER BY s.scheme, d.sequence, d.collect_on, d.id
