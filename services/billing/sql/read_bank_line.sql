-- A bank's line for who matches it with an order, or with none: of which day its money counts for that, and what became of it. direct_debit_id: it is the money of that one, which is under way for this order.
SELECT l.status, l.amount, l.currency, l.payment_id, coalesce(m.order_id, p.order_id) AS order_id, l.decided_by, bank_line_body(l)::text AS body,
       least(:today::date, greatest(l.booked_on, (a.placed_at AT TIME ZONE :zone)::date)) AS received_on, d.id AS direct_debit_id
FROM bank_line l LEFT JOIN manual_payment m ON m.id = l.payment_id LEFT JOIN direct_debit p ON p.payment_id = l.payment_id LEFT JOIN order_account a ON a.order_id = :order_id::uuid
LEFT JOIN LATERAL (SELECT d.id FROM bank_line_names(l) AS n(id) JOIN direct_debit d USING (id) JOIN direct_debit_batch b ON b.id = d.batch_id
                   WHERE d.order_id = a.order_id AND d.status = 'pending' AND b.status = 'sent' AND d.amount = l.amount AND d.currency = l.currency ORDER BY d.id LIMIT 1) AS d ON true
WHERE l.id = :id::uuid
