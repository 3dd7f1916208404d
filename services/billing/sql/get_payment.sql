-- One payment, as the API shows it.
-- pool: read
SELECT payment_body(p, (SELECT coalesce(sum(r.amount), 0) FROM refund r WHERE r.payment_id = p.id AND r.status = 'succeeded')) AS body
FROM payment p
WHERE p.id = :id::uuid AND (:owner::uuid IS NULL OR p.customer_id = :owner::uuid)
