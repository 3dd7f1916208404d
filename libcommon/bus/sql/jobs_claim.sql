-- Takes jobs that are due and not leased, oldest first, under a lease in real time. Always at least one row: `next_at` is when
-- the next job that is not due yet will be.
WITH due AS (
    SELECT id FROM job
    WHERE state = 'ready' AND run_at <= :now::timestamptz AND kind = ANY (:kinds::text[])
      AND (lease_until IS NULL OR lease_until < clock_timestamp())
    ORDER BY run_at, id
    LIMIT :limit::int
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE job
    SET attempts = attempts + 1, lease_until = clock_timestamp() + make_interval(secs => :lease_s::int)
    FROM due
    WHERE job.id = due.id
    RETURNING job.id, kind, key, payload, attempts, trace, run_at
)
SELECT (extract(epoch FROM n.next_at) * 1000000)::bigint AS next_at_us, c.id, c.kind, c.key, c.payload, c.attempts, c.trace,
       (extract(epoch FROM c.run_at) * 1000000)::bigint AS run_at_us
FROM (SELECT min(run_at) AS next_at FROM job WHERE state = 'ready' AND run_at > :now::timestamptz) AS n
LEFT JOIN claimed AS c ON true
ORDER BY c.run_at, c.id
