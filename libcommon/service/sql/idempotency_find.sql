-- The reply stored for a key, and the hash of the request that made it.
-- pool: read
SELECT request_hash, status, body
FROM idempotency
WHERE operation = :idem_operation AND subject = :idem_subject AND key = :idem_key
