-- A job failed and runs again later, by logical time.
UPDATE job
SET run_at = :now::timestamptz + make_interval(secs => :delay_s::float8), lease_until = NULL, last_error = :error::text
WHERE id = :id::bigint AND attempts = :attempt::int
