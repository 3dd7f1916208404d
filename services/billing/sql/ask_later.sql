-- Leaves an undecided payment to the job that asks the provider.
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'resolve_payment', 'resolve:' || p.id, :now::timestamptz + interval '1 minute', jsonb_build_object('payment_id', p.id), :trace
FROM payment p
WHERE p.id = :payment_id::uuid AND p.status IN ('processing', 'unknown')
ON CONFLICT (key) DO NOTHING
