-- Jobs due (those running are still due), to come, and dead.
-- pool: read
SELECT count(*) FILTER (WHERE state = 'ready' AND run_at <= :now::timestamptz) AS due,
       count(*) FILTER (WHERE state = 'ready' AND run_at > :now::timestamptz) AS scheduled,
       count(*) FILTER (WHERE state = 'dead') AS dead
FROM job
