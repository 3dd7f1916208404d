-- Days past due and bucket of the active cases on a date, a bounded batch at a time, by order: `last` is where the next one begins. None when
-- there are no more.
WITH batch AS (
    SELECT id, order_id, greatest(:date::date - oldest_due_date, 0) AS right_dpd, dpd
    FROM collection_case
    WHERE status NOT IN ('cured', 'settled', 'written_off', 'closed') AND order_id > :after::uuid
    ORDER BY order_id
    LIMIT 2000
    FOR UPDATE
), aged AS (
    UPDATE collection_case c
    SET dpd = b.right_dpd, bucket = delinquency_bucket(b.right_dpd)
    FROM batch b
    WHERE c.id = b.id AND b.dpd <> b.right_dpd
)
SELECT order_id AS last FROM batch ORDER BY order_id DESC LIMIT 1
