-- Back to where it waits (behind the reversal of its payment, in its unit): what had become of it is undone. No row: meanwhile it is something else.
UPDATE bank_line l SET status = CASE WHEN EXISTS (SELECT FROM bank_proposal p WHERE p.line_id = l.id) THEN 'proposed' ELSE 'unmatched' END,
                       payment_id = NULL, reason = :reason, decided_by = :by, decided_at = :now::timestamptz
WHERE l.id = :id::uuid AND l.status = :status AND l.payment_id IS NOT DISTINCT FROM :payment_id::uuid
RETURNING bank_line_body(l)::text AS body
