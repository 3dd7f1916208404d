-- Forgets replies older than two days (24 h are promised), a bounded batch at a time. Retention is technical: real time.
DELETE FROM idempotency
WHERE ctid = ANY (ARRAY(SELECT ctid FROM idempotency WHERE created_at < clock_timestamp() - interval '48 hours' LIMIT 5000))
