-- The reply stored for a key, and the hash of the request that made it. The version before kept those of all strangers under `-`.
-- pool: read
SELECT request_hash, status, body
FROM idempotency
WHERE operation = :idem_operation AND subject = :idem_subject AND key = :idem_key
UNION ALL
SELECT request_hash, status, body
FROM idempotency
WHERE :idem_subject::text LIKE '-%' AND operation = :idem_operation AND subject = '-' AND key = :idem_key AND request_hash = :idem_hash
LIMIT 1
