-- All automatic payments of a day are made.
UPDATE autopay_run SET planned_at = :now::timestamptz WHERE run_on = :date::date AND planned_at IS NULL
