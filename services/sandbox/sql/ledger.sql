-- Every charge captured, oldest first; withheld: what its disputes have taken of it, fees included.
-- pool: read
WITH withheld AS (
    SELECT o.body ->> 'payment_intent' AS payment_intent, -sum((t ->> 'net')::bigint) AS amount
    FROM object o, jsonb_array_elements(o.body -> 'balance_transactions') AS t
    WHERE o.kind = 'dispute' GROUP BY o.body ->> 'payment_intent'
)
SELECT json_build_object('object', 'list', 'data', coalesce(json_agg(json_build_object(
           'id', id, 'payment_intent', payment_intent, 'amount', c.amount, 'amount_refunded', amount_refunded, 'withheld', coalesce(w.amount, 0), 'currency', currency,
           'customer', customer, 'metadata', metadata, 'created', extract(epoch FROM created_at)::bigint) ORDER BY created_at, id), '[]'::json))::text AS body
FROM charge c LEFT JOIN withheld w USING (payment_intent)
