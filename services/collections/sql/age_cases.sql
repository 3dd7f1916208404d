-- Days past due and bucket of every active case on a date, a bounded batch at a time. No row when all are right.
WITH stale AS (
    SELECT id FROM collection_case
    WHERE status NOT IN ('cured', 'settled', 'written_off', 'closed') AND dpd <> greatest(:date::date - oldest_due_date, 0)
    LIMIT 2000
    FOR UPDATE
)
UPDATE collection_case c
SET dpd = greatest(:date::date - oldest_due_date, 0), bucket = delinquency_bucket(greatest(:date::date - oldest_due_date, 0))
FROM stale
WHERE c.id = stale.id
