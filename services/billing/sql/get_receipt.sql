-- What a payment paid, installment by installment; its JSON without the closing brace. Of payments from before parts were kept there are none.
-- pool: read
SELECT p.customer_id, CASE WHEN p.status <> 'succeeded' THEN 'payment_not_made' END AS problem,
       left(json_build_object(
           'payment_id', p.id, 'order_id', p.order_id, 'customer_id', p.customer_id, 'received_at', p.completed_at, 'amount', p.received, 'currency', p.currency,
           'provider', p.provider, 'brand', p.brand, 'last4', p.last4,
           'invoice', (SELECT invoice_number_text(i.series, i.number) FROM (SELECT 1 AS place, series, number FROM invoice WHERE order_id = p.order_id
                                                                           UNION ALL SELECT 2, series, number FROM deposit_invoice WHERE order_id = p.order_id) AS i ORDER BY i.place LIMIT 1),
           'excess', coalesce((SELECT sum(l.amount) FROM posting l WHERE l.order_id = p.order_id AND l.entry_id = p.id AND l.credit_account = 'customer_credit'), 0),
           'recovered', coalesce((SELECT sum(l.amount) FROM posting l WHERE l.order_id = p.order_id AND l.entry_id = entry_id('recovery:' || p.id)), 0),
           'allocations', (SELECT coalesce(json_agg(json_build_object(
                                      'number', l.installment_number, 'due_date', n.due_date, 'amount', l.amount,
                                      'parts', (SELECT coalesce(json_agg(json_build_object('part', m.part, 'amount', m.amount) ORDER BY m.id), '[]'::json) FROM allocation m
                                                WHERE m.order_id = p.order_id AND m.payment_id = p.id AND m.kind IN ('payment', 'credit') AND m.number = l.installment_number))
                                  ORDER BY l.line), '[]'::json)
                           FROM posting l JOIN installment n ON n.order_id = l.order_id AND n.number = l.installment_number
                           WHERE l.order_id = p.order_id AND l.entry_id = p.id AND l.kind IN ('payment', 'credit')))::text, -1) AS open_body
FROM payment p
WHERE p.id = :id::uuid AND (:owner::uuid IS NULL OR p.customer_id = :owner::uuid)
