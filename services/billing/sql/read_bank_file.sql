-- The statements of one file (after import_bank_statement, in its unit).
SELECT json_agg(bank_statement_body(s) ORDER BY s.place)::text AS data, sum(s.lines)::bigint AS lines FROM bank_statement s WHERE s.file = :file
