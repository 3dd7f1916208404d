-- Ends jobs that are done, and takes jobs that are due and not leased, oldest first, under a lease in real time: one commit for both, and for
-- many at once under load. `attempts` fences what is ended: when the lease ran out and another process has claimed it since, it is that one's.
-- Always at least one row: `next_at` is when the next job that is not due yet will be. Rows are named by arrays of ids: the table is nearly
-- empty whenever it is analyzed, and a join planned for that reads all of it, a backlog too. `(SELECT ...)` around an array has it read once,
-- not for each row that is looked at.
WITH done AS (
    DELETE FROM job
    WHERE id = ANY (:done_ids::bigint[]) AND attempts = ((SELECT :done_attempts::int[])::int[])[array_position((SELECT :done_ids::bigint[]), id)]
), due AS (
    SELECT id FROM job
    WHERE state = 'ready' AND run_at <= :now::timestamptz AND kind = ANY ((SELECT :kinds::text[])::text[])
      AND (lease_until IS NULL OR lease_until < clock_timestamp()) AND id <> ALL ((SELECT :done_ids::bigint[])::bigint[])
    ORDER BY run_at
    LIMIT :limit::int
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE job
    SET attempts = attempts + 1, lease_until = clock_timestamp() + make_interval(secs => :lease_s::int)
    WHERE id = ANY (ARRAY(SELECT due.id FROM due))
    RETURNING id, kind, key, payload, attempts, trace, run_at
)
SELECT (extract(epoch FROM n.next_at) * 1000000)::bigint AS next_at_us, c.id, c.kind, c.key, c.payload, c.attempts, c.trace,
       (extract(epoch FROM c.run_at) * 1000000)::bigint AS run_at_us
FROM (SELECT min(run_at) AS next_at FROM job WHERE state = 'ready' AND run_at > :now::timestamptz) AS n
LEFT JOIN claimed AS c ON true
ORDER BY c.run_at, c.id
