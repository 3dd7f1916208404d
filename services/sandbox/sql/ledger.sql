-- Every charge captured, oldest first.
-- pool: read
SELECT json_build_object('object', 'list', 'data', coalesce(json_agg(json_build_object(
           'id', id, 'payment_intent', payment_intent, 'amount', amount, 'amount_refunded', amount_refunded, 'currency', currency,
           'customer', customer, 'metadata', metadata, 'created', extract(epoch FROM created_at)::bigint) ORDER BY created_at, id), '[]'::json))::text AS body
FROM charge
