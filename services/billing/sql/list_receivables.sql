-- What is owed and paid for an order, receivable by receivable, part by part. No row: no such order, or somebody else's.
-- pool: read
SELECT json_build_object(
    'order_id', a.order_id, 'customer_id', a.customer_id, 'currency', a.currency, 'as_of', :today::date, 'known_at', NULL, 'status', a.status, 'total', a.total, 'paid', a.paid,
    'outstanding', a.total - a.paid,
    'data', (SELECT coalesce(json_agg(receivable_body(i, :today::date) ORDER BY i.due_date, i.number), '[]') FROM installment i WHERE i.order_id = a.order_id)) AS body
FROM order_account a
WHERE a.order_id = :order_id::uuid AND (:owner::uuid IS NULL OR a.customer_id = :owner::uuid)
