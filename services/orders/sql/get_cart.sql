-- A cart, its owner's or any for staff.
-- pool: read
SELECT cart_body(c, :now::timestamptz)::text AS body
FROM cart c
WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.customer_id = :owner::uuid)
