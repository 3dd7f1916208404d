-- A job is done. `attempts` fences: when the lease ran out and another process has claimed it since, it is that one's.
DELETE FROM job WHERE id = :id::bigint AND attempts = :attempt::int
