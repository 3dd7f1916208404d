-- One payment, as the API shows it.
-- pool: read
SELECT payment_body(p.*) AS body FROM payment p
WHERE p.id = :id::uuid AND (:owner::uuid IS NULL OR p.customer_id = :owner::uuid)
