-- A cart by its token, while it is nobody's.
-- pool: read
SELECT cart_body(c, :now::timestamptz)::text AS body FROM cart c WHERE c.id = :id::uuid AND c.customer_id IS NULL
