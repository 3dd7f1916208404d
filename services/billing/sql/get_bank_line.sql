-- One line of a bank's statement.
-- pool: read
SELECT bank_line_body(l) AS body FROM bank_line l WHERE l.id = :id::uuid
