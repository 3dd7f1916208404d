-- A parked event.
-- pool: read
SELECT producer, event FROM dead_letter WHERE id = :id::bigint
