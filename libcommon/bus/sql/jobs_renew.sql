-- Jobs that still run keep their leases, unless another process has claimed them since.
UPDATE job SET lease_until = clock_timestamp() + make_interval(secs => :lease_s::int)
FROM unnest(:ids::bigint[], :attempts::int[]) AS running(id, attempt)
WHERE job.id = running.id AND job.attempts = running.attempt AND job.state = 'ready' AND job.lease_until IS NOT NULL
