-- The segments of a customer.
-- pool: read
SELECT json_build_object('customer_id', c.id, 'segments', coalesce(s.segments, '[]'), 'version', coalesce(s.version, 0))::text AS body
FROM customer c
LEFT JOIN customer_segments s ON s.customer_id = c.id
WHERE c.id = :id::uuid
