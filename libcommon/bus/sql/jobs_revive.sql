-- A dead job runs again from its first attempt.
UPDATE job SET state = 'ready', attempts = 0, run_at = :now::timestamptz
WHERE id = :id::bigint AND state = 'dead'
RETURNING id
