-- The process that runs these ends before they do: whoever looks next may have them. An attempt that was cut off counts as one.
UPDATE job SET lease_until = NULL
FROM unnest(:ids::bigint[], :attempts::int[]) AS running(id, attempt)
WHERE job.id = running.id AND job.attempts = running.attempt AND job.state = 'ready'
