-- In billing's database, by deploy/restore, before any service runs: money may have been taken after the backup that is in no book now.
--   psql -v since=<seconds since 1970> -d cuotas_billing -f after-restore.sql
-- Its jobs are held back, and count as tried before (so they ask the provider before they send anything), until job recover_payments has
-- asked for everything the provider tells of since then and it is in the books. An hour more than needed: clocks differ.
BEGIN;
UPDATE job SET lease_until = 'infinity', attempts = greatest(attempts, 1) WHERE state = 'ready' AND kind <> 'process_webhook';
INSERT INTO job (kind, key, run_at, payload)
VALUES ('recover_payments', 'recover:' || :'since', '2000-01-01', jsonb_build_object('since', (:'since'::bigint - 3600)::text))
ON CONFLICT (key) DO UPDATE SET state = 'ready', lease_until = NULL, attempts = 0;
COMMIT;
