-- A contract, its buyer's or any for staff.
-- pool: read
SELECT contract_body(c)::text AS body FROM contract c WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.customer_id = :owner::uuid)
