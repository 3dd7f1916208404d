-- The direct debit is the payment that was recorded of it (behind take_direct_debit, in its unit).
UPDATE direct_debit d SET status = 'collected', payment_id = m.id, decided_by = :by, decided_at = :now::timestamptz
FROM manual_payment m WHERE m.id = :payment_id::uuid AND d.id = :id::uuid
