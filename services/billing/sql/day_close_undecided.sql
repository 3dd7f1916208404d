-- Payments and refunds still undecided a day after they were made: the provider is asked again, every day until it is known.
WITH refunds AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'refund_payment', 'refund:' || r.id || ':' || :date::date, :now::timestamptz,
           jsonb_build_object('refund_id', r.id), :trace
    FROM refund r
    WHERE r.status = 'pending' AND r.created_at < :now::timestamptz - interval '1 day'
    ON CONFLICT (key) DO NOTHING
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'resolve_payment', 'resolve:' || p.id || ':' || :date::date, :now::timestamptz, jsonb_build_object('payment_id', p.id), :trace
FROM payment p
WHERE p.status IN ('processing', 'unknown') AND p.created_at < :now::timestamptz - interval '1 day'
ON CONFLICT (key) DO NOTHING
