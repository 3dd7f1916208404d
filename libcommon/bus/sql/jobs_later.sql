-- A job could not run yet and tries again later, by logical time. This was no attempt.
UPDATE job
SET run_at = :now::timestamptz + make_interval(secs => :delay_s::float8), lease_until = NULL, attempts = attempts - 1
WHERE id = :id::bigint AND attempts = :attempt::int
