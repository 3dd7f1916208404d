-- Takes a line that waits to be matched for the rest of the unit, behind the order's account. By itself (automatic) only what nobody has decided about, nor recorded by hand, and the order still owes.
SELECT CASE WHEN l.status NOT IN ('unmatched', 'proposed') OR l.amount < 0
              OR :automatic::boolean AND (l.decided_by IS NOT NULL OR l.amount > a.total - a.paid
                                           OR EXISTS (SELECT FROM manual_payment m WHERE m.order_id = a.order_id AND m.reversed_at IS NULL AND m.source IS NULL AND m.method <> 'cash'
                                                      AND m.amount = l.amount AND m.received_on BETWEEN l.booked_on - 7 AND l.booked_on + 7)) THEN cuotas_fail('bank_line_decided') END AS checked
FROM bank_line l LEFT JOIN order_account a ON a.order_id = :order_id::uuid
WHERE l.id = :id::uuid
FOR UPDATE OF l
