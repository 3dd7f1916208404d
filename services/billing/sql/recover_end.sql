-- Every event of the provider that had come until then has been acted on: the jobs a restore has held back
-- (deploy/postgres/after-restore.sql) may run. undecided: how many have not been yet.
WITH waiting AS (
    SELECT count(*) AS undecided FROM webhook_event WHERE verdict IS NULL AND received_at <= :until::timestamptz
), released AS (
    UPDATE job SET lease_until = NULL FROM waiting w WHERE job.lease_until = 'infinity' AND w.undecided = 0
)
SELECT undecided FROM waiting
