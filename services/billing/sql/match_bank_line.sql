-- The line is the payment that was recorded of it (behind take_bank_line, in its unit). No row: nothing was recorded.
UPDATE bank_line l SET status = 'matched', payment_id = m.id, reason = NULL, decided_by = :by, decided_at = :now::timestamptz
FROM manual_payment m WHERE m.id = :payment_id::uuid AND l.id = :id::uuid
RETURNING bank_line_body(l)::text AS body
