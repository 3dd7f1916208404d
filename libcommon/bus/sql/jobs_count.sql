-- Jobs due (those running are still due) and dead, each up to a number: a backlog is not read whole to be told of. And how long the oldest
-- due one that nobody runs has waited. All three walk a partial index, job_ready or job_dead.
-- pool: read
SELECT (SELECT count(*) FROM (SELECT FROM job WHERE state = 'ready' AND run_at <= :now::timestamptz LIMIT :most::int) AS j) AS due,
       (SELECT count(*) FROM (SELECT FROM job WHERE state = 'dead' LIMIT :most::int) AS j) AS dead,
       coalesce((SELECT extract(epoch FROM :now::timestamptz - j.run_at)::bigint FROM job AS j
                 WHERE j.state = 'ready' AND j.run_at <= :now::timestamptz AND (j.lease_until IS NULL OR j.lease_until < clock_timestamp())
                 ORDER BY j.run_at LIMIT 1), 0) AS oldest_due_s
