-- One event as it is sent.
-- pool: read
SELECT payload FROM event WHERE id = :id
