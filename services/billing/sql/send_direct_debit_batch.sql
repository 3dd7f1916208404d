-- A batch is given to the bank, while all of it would still be asked for; or it was, whatever has become of it since.
WITH {{part stale_debits}}, refused AS MATERIALIZED (
    SELECT s.why FROM stale_told s WHERE s.why IS NOT NULL AND NOT :already_given::boolean
), sent AS (
    UPDATE direct_debit_batch b SET status = 'sent', decided_at = :now::timestamptz, decided_by = :by
    WHERE b.id = :id::uuid AND b.status = 'created' AND NOT EXISTS (SELECT FROM refused)
)
SELECT cuotas_fail('batch_stale', r.why) AS checked FROM refused r
