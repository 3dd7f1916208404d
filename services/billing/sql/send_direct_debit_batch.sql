-- A batch is given to the bank, while all of it would still be asked for; or it was, whatever has become of it since. Now its debtors are told what will be collected.
WITH {{part stale_debits}}, refused AS MATERIALIZED (
    SELECT s.why FROM stale_told s WHERE s.why IS NOT NULL AND NOT :already_given::boolean
), sent AS (
    UPDATE direct_debit_batch b SET status = 'sent', decided_at = :now::timestamptz, decided_by = :by
    WHERE b.id = :id::uuid AND b.status = 'created' AND NOT EXISTS (SELECT FROM refused)
    RETURNING b.id, b.creditor
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'direct_debit.announced', d.id::text, d.customer_id,
           jsonb_build_object('direct_debit_id', d.id, 'order_id', d.order_id, 'contract_id', a.contract_id, 'customer_id', d.customer_id, 'number', d.number, 'amount', d.amount, 'currency', d.currency,
                              'collect_on', d.collect_on, 'mandate_reference', s.reference, 'iban_last4', right(s.iban, 4), 'creditor_id', c.creditor_id, 'creditor_name', c.name),
           :trace, :now::timestamptz
    FROM sent b JOIN sepa_creditor c ON c.version = b.creditor JOIN direct_debit d ON d.batch_id = b.id JOIN sepa_mandate s ON s.id = d.mandate_id JOIN order_account a ON a.order_id = d.order_id
    ORDER BY d.customer_id, d.collect_on, d.id
)
SELECT cuotas_fail('batch_stale', r.why) AS checked FROM refused r
