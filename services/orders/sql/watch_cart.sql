-- A look at a cart nobody may have touched: tells once of one that was left, drops what has expired long enough, or looks again later.
WITH seen AS (
    SELECT c AS whole, c.id, c.customer_id IS NOT NULL AND c.status = 'open' AND c.abandoned_at IS NULL AND c.lines <> '[]'
                       AND c.expires_at > :now::timestamptz AND c.updated_at + interval '1 day' <= :now::timestamptz AS left_behind
    FROM cart c WHERE c.id = :id::uuid FOR UPDATE
), next AS (
    SELECT id, left_behind, cart_watch_at(whole, :now::timestamptz) AS at FROM seen
), dropped AS (
    DELETE FROM cart c USING next n WHERE c.id = n.id AND n.at <= :now::timestamptz
), told AS (
    UPDATE cart c SET abandoned_at = :now::timestamptz
    FROM next n WHERE c.id = n.id AND n.left_behind
    RETURNING c.id, c.customer_id, c.currency, cart_total(c.lines) AS total, c.updated_at
), event AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'cart.abandoned', id::text, customer_id,
           jsonb_build_object('cart_id', id, 'customer_id', customer_id, 'currency', currency, 'total', total, 'left_at', updated_at),
           :trace, :now::timestamptz
    FROM told
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'watch_cart', 'cart:' || id || ':' || extract(epoch FROM at)::bigint, at, jsonb_build_object('cart_id', id), :trace
FROM next WHERE at > :now::timestamptz
ON CONFLICT (key) DO NOTHING
