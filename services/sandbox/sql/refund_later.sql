-- A refund that takes its time: the job that brings it to its end. The job must not be there before the refund is.
INSERT INTO job (kind, key, run_at, payload)
VALUES ('settle_refund', 'refund:' || :refund_id, :now::timestamptz + make_interval(secs => :delay_ms::int / 1000.0),
        jsonb_build_object('refund_id', :refund_id::text, 'webhook', :webhook::text, 'fails', :fails::text))
ON CONFLICT (key) DO NOTHING
