-- The first job that counts contracts of before, once.
WITH wanted AS (
    DELETE FROM credit_book_unfilled RETURNING since
)
INSERT INTO job (kind, key, run_at, payload)
SELECT 'fill_credit_book', 'fill_credit_book', '2020-01-01T00:00:00Z', '{"after": "00000000-0000-0000-0000-000000000000", "counted": "false"}'::jsonb
FROM wanted
ON CONFLICT (key) DO NOTHING
