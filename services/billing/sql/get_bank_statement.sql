-- One statement of a bank.
-- pool: read
SELECT bank_statement_body(s) AS body FROM bank_statement s WHERE s.id = :id::uuid
