-- What is kept of a contract, in the order it came.
-- pool: read
SELECT json_build_object('data', coalesce((SELECT json_agg(contract_document_body(d) ORDER BY d.created_at, d.id) FROM contract_document d
                                           WHERE d.contract_id = c.id), '[]'), 'next_cursor', NULL)::text AS body
FROM contract c
WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.customer_id = :owner::uuid)
