-- Makes the job that closes the next business day: the one after the last closed, today for a new database. Due when that
-- day starts in the merchant's zone.
INSERT INTO job (kind, key, run_at, payload)
SELECT 'day_close', 'day_close:' || next_day, next_day::timestamp AT TIME ZONE :zone, jsonb_build_object('date', next_day)
FROM (SELECT coalesce(closed_on + 1, :today::date) AS next_day FROM clock) AS due
ON CONFLICT (key) DO NOTHING
