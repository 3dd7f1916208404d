-- A business day is closed, and the job of the next one made, in one go: a crash leaves the day either closed or to be
-- closed again.
WITH closed AS (
    UPDATE clock SET closed_on = greatest(closed_on, :date::date) RETURNING closed_on
)
INSERT INTO job (kind, key, run_at, payload)
SELECT 'day_close', 'day_close:' || (closed_on + 1), (closed_on + 1)::timestamp AT TIME ZONE :zone,
       jsonb_build_object('date', closed_on + 1)
FROM closed
ON CONFLICT (key) DO NOTHING
