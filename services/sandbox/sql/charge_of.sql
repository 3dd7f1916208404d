-- What was captured for an intent and is left of it: not given back, and not taken by a dispute.
-- pool: read
SELECT c.id, greatest(c.amount - c.amount_refunded - coalesce((
           SELECT sum((o.body ->> 'amount')::bigint) FROM object o
           WHERE o.kind = 'dispute' AND o.body ->> 'payment_intent' = c.payment_intent AND jsonb_array_length(o.body -> 'balance_transactions') = 1), 0), 0) AS remaining,
       c.currency, c.customer
FROM charge c WHERE c.payment_intent = :payment_intent
