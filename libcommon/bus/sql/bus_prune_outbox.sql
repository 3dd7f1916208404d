-- Forgets events 30 days after they were written, a bounded batch at a time. Retention is technical: real time.
DELETE FROM outbox
WHERE ctid = ANY (ARRAY(SELECT ctid FROM outbox WHERE created_at < clock_timestamp() - interval '30 days' LIMIT 2000))
