-- The schedule in force, or an earlier version as it ended, with how far each row is paid, and the change that made it. A sale that was undone has no rows.
-- pool: read
SELECT json_build_object('order_id', o.id, 'contract_id', c.id, 'version', v.version, 'in_force', v.version = c.schedule_version, 'currency', c.currency,
           'total_payable', coalesce(sum(i.total), 0), 'paid', coalesce(sum(i.paid), 0), 'outstanding', coalesce(sum(i.outstanding), 0),
           'change', (SELECT json_build_object('id', h.id, 'kind', h.kind, 'reason', b.reason, 'requested_as', h.requested_as, 'requested_by', b.requested_by,
                                               'confirmed_by', b.confirmed_by, 'confirmed_at', h.confirmed_at)
                      FROM contract_change h, json_to_record(contract_change_body_for(h, :now::timestamptz, :owner::uuid)) AS b(reason text, requested_by uuid, confirmed_by uuid)
                      WHERE h.contract_id = c.id AND h.schedule_version = v.version),
           'installments', coalesce(json_agg(json_build_object('number', i.number, 'due_date', i.due_date, 'days', i.days,
               'opening_balance', i.opening_balance, 'principal', i.principal, 'interest', i.interest, 'fees', i.fees, 'tax', i.tax,
               'total', i.total, 'closing_balance', i.closing_balance, 'status', i.status, 'paid', i.paid,
               'outstanding', i.outstanding, 'dpd', i.dpd) ORDER BY i.number) FILTER (WHERE i.number IS NOT NULL), '[]'))::text AS body
FROM sales_order o
JOIN contract c ON c.id = o.contract_id
CROSS JOIN LATERAL (SELECT coalesce(:version::int, c.schedule_version) AS version) AS v
LEFT JOIN installment i ON i.contract_id = c.id AND i.version = v.version
WHERE o.id = :id::uuid AND (i.number IS NOT NULL OR v.version = c.schedule_version) AND (:owner::uuid IS NULL OR o.customer_id = :owner::uuid)
GROUP BY o.id, c.id, v.version
