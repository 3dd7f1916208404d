-- One event as it is sent.
-- pool: read
SELECT payload, dialect FROM event WHERE id = :id
