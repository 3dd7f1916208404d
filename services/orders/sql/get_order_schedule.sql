-- The schedule in force, with how far each row is paid.
-- pool: read
SELECT json_build_object('order_id', o.id, 'contract_id', c.id, 'version', c.schedule_version, 'currency', c.currency,
           'total_payable', c.total_payable, 'paid', sum(i.paid), 'outstanding', sum(i.outstanding),
           'installments', json_agg(json_build_object('number', i.number, 'due_date', i.due_date, 'days', i.days,
               'opening_balance', i.opening_balance, 'principal', i.principal, 'interest', i.interest, 'fees', i.fees, 'tax', i.tax,
               'total', i.total, 'closing_balance', i.closing_balance, 'status', i.status, 'paid', i.paid,
               'outstanding', i.outstanding, 'dpd', i.dpd) ORDER BY i.number))::text AS body
FROM sales_order o
JOIN contract c ON c.id = o.contract_id
JOIN installment i ON i.contract_id = c.id AND i.version = c.schedule_version
WHERE o.id = :id::uuid AND (:owner::uuid IS NULL OR o.customer_id = :owner::uuid)
GROUP BY o.id, c.id
