-- A quote as it stands; its customer sees versions that were approved.
-- pool: read
SELECT quote_body(q, v, c.order_id, :now::timestamptz)::text AS body
FROM quote q
JOIN quote_version v ON v.quote_id = q.id AND v.version = coalesce(:version::int, q.version)
LEFT JOIN cart c ON c.id = q.id
WHERE q.id = :id::uuid AND (:owner::uuid IS NULL OR q.customer_id = :owner::uuid AND q.approved_version = v.version)
