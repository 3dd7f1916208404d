-- At which version the segments of a customer are.
SELECT coalesce(s.version, 0) AS version
FROM customer c
LEFT JOIN customer_segments s ON s.customer_id = c.id
WHERE c.id = :id::uuid
