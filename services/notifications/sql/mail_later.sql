-- Nobody is written to about it now, but then.
-- adds: jobs for later
INSERT INTO job (kind, key, run_at, payload, trace)
VALUES ('send_wanted_mail', 'mail:' || :id || ':' || extract(epoch FROM :at::timestamptz)::bigint, :at::timestamptz, jsonb_build_object('notification_id', :id::uuid), :trace)
ON CONFLICT (key) DO NOTHING
