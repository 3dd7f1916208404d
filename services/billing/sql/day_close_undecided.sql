-- Payments and refunds still undecided a day after they were made: the provider is asked again, every day until it is known. A payment that
-- waits for its customer may have been authenticated without our being told; one of an order that needs it no more is canceled.
WITH undecided AS (
    SELECT p.id, false AS needless FROM payment p
    WHERE p.status IN ('processing', 'unknown') AND p.created_at < :now::timestamptz - interval '1 day'
    UNION ALL
    SELECT p.id, a.status IN ('closed', 'settled', 'written_off')
    FROM payment p JOIN order_account a USING (order_id)
    WHERE p.status = 'requires_action' AND p.created_at < :now::timestamptz - interval '1 day'
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT CASE WHEN needless THEN 'cancel_payment' ELSE 'resolve_payment' END,
       CASE WHEN needless THEN 'cancel:' ELSE 'resolve:' END || id || ':' || :date::date, :now::timestamptz, jsonb_build_object('payment_id', id), :trace
FROM undecided
UNION ALL
SELECT 'refund_payment', 'refund:' || r.id || ':' || :date::date, :now::timestamptz, jsonb_build_object('refund_id', r.id), :trace
FROM refund r
WHERE r.status = 'pending' AND r.created_at < :now::timestamptz - interval '1 day'
ON CONFLICT (key) DO NOTHING
