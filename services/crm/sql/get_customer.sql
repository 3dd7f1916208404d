-- A customer; a customer's token sees only its own.
-- pool: read
SELECT customer_body(c)::text AS body
FROM customer c
WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.id = :owner::uuid)
