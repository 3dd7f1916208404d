-- Whether a customer agrees to a purpose.
-- pool: read
SELECT c.consents -> :purpose::text = 'true' AS granted FROM customer c WHERE c.id = :id::uuid
