-- Keeps a bank's file: its statements, and of their lines those that no file before had. A line is known by its account, day, amount and the bank's own reference, or, where
-- it has none, by all else it says; equal ones by their number. Has an effect once, also when two bring the same at the same time.
WITH given AS MATERIALIZED (
    SELECT entry_id('bank_statement:' || :file || ':' || g.place) AS id, g.*
    FROM jsonb_to_recordset(:statements::jsonb) AS g(place int, account text, currency text, reference text, from_on date, to_on date, opening bigint, closing bigint, lines jsonb)
), kept AS (
    INSERT INTO bank_statement (id, format, file, place, account, currency, reference, from_on, to_on, opening, closing, lines, imported_by, imported_at)
    SELECT g.id, :format, :file, g.place, g.account, g.currency, g.reference, g.from_on, g.to_on, g.opening, g.closing, jsonb_array_length(g.lines), :by, :now::timestamptz
    FROM given g ORDER BY g.id
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), line AS (
    SELECT g.id AS statement_id, g.place AS statement_place, g.account, g.currency, l.*,
           jsonb_build_array('bank_line', g.account, g.currency, l.booked_on, l.amount, l.bank_reference, CASE WHEN l.bank_reference IS NULL THEN
                             jsonb_build_array(l.reference, l.name, l.counter_account, l.text) END) AS says
    FROM given g JOIN kept k USING (id)
    CROSS JOIN jsonb_to_recordset(g.lines) AS l(place int, amount bigint, booked_on date, value_on date, reference text, bank_reference text, name text, counter_account text, text text, return_code text)
), numbered AS (
    SELECT l.*, entry_id((says || to_jsonb(row_number() OVER (PARTITION BY says ORDER BY statement_place, place)))::text) AS id FROM line l
), added AS (
    INSERT INTO bank_line (id, statement_id, place, account, currency, amount, booked_on, value_on, reference, bank_reference, name, counter_account, text, return_code)
    SELECT n.id, n.statement_id, n.place, n.account, n.currency, n.amount, n.booked_on, n.value_on, n.reference, n.bank_reference, n.name, n.counter_account, n.text, n.return_code
    FROM numbered n ORDER BY n.id
    ON CONFLICT (id) DO NOTHING
    RETURNING statement_id, amount, return_code
), matching AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT DISTINCT 'match_bank_statement', 'bank-statement:' || a.statement_id, :now::timestamptz, jsonb_build_object('statement_id', a.statement_id), :trace FROM added a WHERE a.amount > 0 OR a.return_code IS NOT NULL
    ON CONFLICT (key) DO NOTHING
)
SELECT count(*) AS imported FROM added
