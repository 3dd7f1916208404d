-- A customer; a customer's token sees only its own.
-- pool: read
SELECT json_build_object('id', id, 'email', email, 'full_name', full_name, 'phone', phone, 'locale', locale, 'tax_id', tax_id,
                         'consents', consents, 'created_at', created_at)::text AS body
FROM customer
WHERE id = :id::uuid AND (:owner::uuid IS NULL OR id = :owner::uuid)
