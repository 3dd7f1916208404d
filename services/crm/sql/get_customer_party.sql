-- Who a customer is, as a contract names them.
-- pool: read
SELECT json_build_object('full_name', full_name, 'tax_id', tax_id, 'email', email)::text AS body FROM customer WHERE id = :id::uuid
