-- A dead job runs again. It counts as tried before: whatever it may have done outside must be asked for first.
UPDATE job SET state = 'ready', attempts = 1, run_at = :now::timestamptz
WHERE id = :id::bigint AND state = 'dead'
RETURNING id
