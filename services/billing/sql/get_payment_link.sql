-- What the holder of a payment link sees: what is owed, nothing about who owes it. payable: what paying without an amount pays.
-- pool: read
SELECT json_build_object(
    'order_id', a.order_id, 'currency', a.currency, 'status', a.status, 'total', a.total, 'paid', a.paid, 'outstanding', a.total - a.paid,
    'overdue', o.overdue, 'payable', coalesce(nullif(o.deposit, 0), nullif(o.due, 0), o.next, 0),
    'expires_at', :expires_at::timestamptz, 'installments', o.installments) AS body
FROM order_account a
CROSS JOIN LATERAL (
    SELECT coalesce(sum(i.total - i.paid) FILTER (WHERE i.number = 0), 0)::bigint AS deposit,
           coalesce(sum(i.total - i.paid) FILTER (WHERE i.due_date <= :today::date), 0)::bigint AS due,
           coalesce(sum(i.total - i.paid) FILTER (WHERE i.due_date < :today::date), 0)::bigint AS overdue,
           (array_agg(i.total - i.paid ORDER BY i.due_date, i.number) FILTER (WHERE i.paid < i.total))[1] AS next,
           coalesce(json_agg(json_build_object('number', i.number, 'due_date', i.due_date, 'total', i.total, 'paid', i.paid, 'status', i.status)
                             ORDER BY i.due_date, i.number), '[]') AS installments
    FROM installment i WHERE i.order_id = a.order_id AND i.status NOT IN ('rescheduled', 'written_off')
) AS o
WHERE a.order_id = :order_id::uuid AND a.customer_id = :customer_id::uuid
