-- A job for each payment whose charge was taken before that moment, and of which no event has told what became of it.
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'resolve_payment', 'resolve:' || p.id, :now::timestamptz, jsonb_build_object('payment_id', p.id), :trace
FROM payment p
WHERE p.status IN ('processing', 'unknown') AND p.provider_reference IS NOT NULL AND p.updated_at < :noted_before::timestamptz
ON CONFLICT (key) DO NOTHING
