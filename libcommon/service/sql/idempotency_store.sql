-- Keeps a refusal (4xx) for replay; a success is stored by the statement that makes it. No row: a twin was first.
INSERT INTO idempotency (operation, subject, key, request_hash, status, body)
VALUES (:idem_operation, :idem_subject, :idem_key, :idem_hash, :status::int, :body)
ON CONFLICT DO NOTHING
RETURNING status
