-- A payment of the order may be under way: looks again five minutes later.
WITH extended AS (
    UPDATE sales_order SET expires_at = :now::timestamptz + interval '5 minutes'
    WHERE id = :id::uuid AND status = 'pending_payment'
    RETURNING id, expires_at
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'expire_order', 'expire:' || id || ':' || extract(epoch FROM expires_at)::bigint, expires_at, jsonb_build_object('order_id', id), :trace
FROM extended
ON CONFLICT (key) DO NOTHING
