-- Notes that a parked event failed again.
UPDATE dead_letter SET attempts = attempts + 1, error = :error::text WHERE id = :id::bigint
