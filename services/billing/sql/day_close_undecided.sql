-- Payments still undecided a day after they were made: somebody asks the provider again, every day until it is known.
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'resolve_payment', 'resolve:' || p.id || ':' || :date::date, :now::timestamptz, jsonb_build_object('payment_id', p.id), :trace
FROM payment p
WHERE p.status IN ('processing', 'unknown') AND p.created_at < :now::timestamptz - interval '1 day'
ON CONFLICT (key) DO NOTHING
