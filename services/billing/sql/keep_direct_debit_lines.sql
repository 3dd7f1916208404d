-- Lines of a statement that nobody has decided about and that name a direct debit, what came in and what was returned: a job for each.
WITH named AS (
    SELECT DISTINCT ON (l.id) l.id, d.id AS direct_debit_id, l.booked_on, l.amount < 0 AS returned, l.return_code
    FROM bank_line l CROSS JOIN LATERAL bank_line_names(l) AS n(id) JOIN direct_debit d ON d.id = n.id
    WHERE l.statement_id = :statement_id::uuid AND l.status = 'unmatched' AND l.decided_by IS NULL AND l.currency = d.currency
      AND (l.amount = d.amount OR l.amount = -d.amount AND l.return_code IS NOT NULL)
    ORDER BY l.id, d.id
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT CASE WHEN n.returned THEN 'return_direct_debit' ELSE 'collect_direct_debit' END, 'direct-debit-line:' || n.id, :now::timestamptz,
       jsonb_build_object('direct_debit_id', n.direct_debit_id, 'line_id', n.id, 'received_on', n.booked_on, 'return_code', n.return_code, 'by', 'billing'), :trace
FROM named n ORDER BY n.returned, n.id
ON CONFLICT (key) DO NOTHING
