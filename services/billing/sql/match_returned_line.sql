-- The bank's line is that a direct debit was returned (behind its return, in its unit): it undid a payment, or there was none.
UPDATE bank_line l SET status = CASE WHEN :payment_id::uuid IS NULL THEN 'ignored' ELSE 'matched' END, payment_id = :payment_id::uuid, reason = :reason, decided_by = :by, decided_at = :now::timestamptz
WHERE l.id = :id::uuid AND l.status = 'unmatched' AND l.decided_by IS NULL
