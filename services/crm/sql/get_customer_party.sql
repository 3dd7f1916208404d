-- Who a customer is, as a contract or an invoice names them.
-- pool: read
SELECT json_build_object('full_name', full_name, 'tax_id', tax_id, 'email', email, 'locale', locale)::text AS body FROM customer WHERE id = :id::uuid
