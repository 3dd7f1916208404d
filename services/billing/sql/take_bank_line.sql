-- Takes a line that waits to be matched for the rest of the unit, behind the order's account. By itself (automatic) only what nobody has decided about and the order still owes.
SELECT CASE WHEN l.status NOT IN ('unmatched', 'proposed') OR l.amount < 0
              OR :automatic::boolean AND (l.decided_by IS NOT NULL OR l.amount > a.total - a.paid) THEN cuotas_fail('bank_line_decided') END AS checked
FROM bank_line l LEFT JOIN order_account a ON a.order_id = :order_id::uuid
WHERE l.id = :id::uuid
FOR UPDATE OF l
