-- Takes a line that waits to be matched for the rest of the unit, behind the order's account. By itself (automatic) only what nobody has decided about, nor recorded by hand, and the order still owes.
-- The money of direct debits is taken for one of them (direct_debit_id), and for nothing else: it is recorded when that is settled.
SELECT CASE WHEN l.status NOT IN ('unmatched', 'proposed') OR l.amount < 0
              OR :automatic::boolean AND (l.decided_by IS NOT NULL OR l.amount > a.total - a.paid
                                           OR EXISTS (SELECT FROM manual_payment m WHERE m.order_id = a.order_id AND m.reversed_at IS NULL AND m.source IS NULL AND m.method <> 'cash'
                                                      AND m.amount = l.amount AND m.received_on BETWEEN l.booked_on - 7 AND l.booked_on + 7)) THEN cuotas_fail('bank_line_decided')
            WHEN n.says IS NOT NULL AND :direct_debit_id::uuid IS NULL THEN cuotas_fail('line_of_direct_debit', n.says) END AS checked
FROM bank_line l LEFT JOIN order_account a ON a.order_id = :order_id::uuid
LEFT JOIN LATERAL (
    SELECT 'direct debit ' || d.id || ' of batch ' || d.batch_id || ', which is ' || d.status AS says FROM bank_line_names(l) AS n(id) JOIN direct_debit d USING (id) WHERE d.status <> 'canceled'
    UNION ALL SELECT 'batch ' || b.id || ', which is ' || b.status FROM bank_line_names(l) AS n(id) JOIN direct_debit_batch b USING (id) WHERE b.status <> 'canceled'
    ORDER BY says DESC LIMIT 1) AS n ON true
WHERE l.id = :id::uuid
FOR UPDATE OF l
