-- All that setting a method up at the provider needs to know.
SELECT m.id, m.customer_id, m.provider, m.token, m.status, m.provider_reference, c.reference AS customer_reference
FROM payment_method m
LEFT JOIN provider_customer c ON c.customer_id = m.customer_id AND c.provider = m.provider
WHERE m.id = :id::uuid
