-- A job cannot succeed: kept, counted and listed until an operator has it tried again.
UPDATE job SET state = 'dead', lease_until = NULL, last_error = :error::text
WHERE id = :id::bigint AND attempts = :attempt::int
