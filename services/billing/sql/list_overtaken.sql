-- An order's payments that wait for their customer, but for one: all that giving them up needs to know.
SELECT o.id, o.status, o.provider, o.amount, o.currency, o.brand, o.provider_reference
FROM payment o
WHERE o.order_id = :order_id::uuid AND o.id <> :payment_id::uuid AND o.status = 'requires_action'
ORDER BY o.created_at, o.id
