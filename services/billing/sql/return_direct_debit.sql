-- The bank has returned a direct debit, or never taken it (behind the locks of its payment, in its unit): its receivable can be asked for again. By a mandate that its bank has refused for good nothing
-- more is collected.
WITH debit AS MATERIALIZED (
    SELECT d.id, d.mandate_id, d.status IN ('pending', 'collected') AND d.payment_id IS NOT DISTINCT FROM :payment_id::uuid AND b.status = 'sent' AS fits,
           d.status IN ('pending', 'collected') AND b.status = 'sent' AS under_way
    FROM direct_debit d JOIN direct_debit_batch b ON b.id = d.batch_id WHERE d.id = :id::uuid
    FOR UPDATE OF d
), returned AS (
    UPDATE direct_debit d SET status = 'returned', return_code = :return_code, failure_code = :failure_code, decline_kind = :decline_kind, decided_by = :by, decided_at = :now::timestamptz
    FROM debit t WHERE d.id = t.id AND t.fits
    RETURNING d.mandate_id, direct_debit_body(d)::text AS body
), refused AS (
    UPDATE payment_method m SET status = 'declined' FROM returned r WHERE m.id = r.mandate_id AND m.status = 'signed' AND :decline_kind = 'hard'
)
SELECT CASE WHEN NOT t.fits AND t.under_way THEN cuotas_fail('unavailable', 'its credit has just been recorded, or undone')
            WHEN NOT t.fits THEN cuotas_fail('batch_decided', 'something else has become of it just now') END AS checked, r.body FROM debit t LEFT JOIN returned r ON true
