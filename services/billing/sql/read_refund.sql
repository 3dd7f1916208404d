-- All that giving money back needs to know. follows: an older one of the same amount may be on its way, of which nothing is known yet.
SELECT r.id, r.status, r.amount, r.currency, r.reason, r.payment_id, r.provider_reference, r.attempt, p.provider, p.source = 'manual' AS by_hand, p.provider_reference AS payment_reference,
       EXISTS (SELECT FROM refund o WHERE o.payment_id = r.payment_id AND o.amount = r.amount AND o.status = 'pending' AND o.provider_reference IS NULL
               AND (o.created_at, o.id) < (r.created_at, r.id)) AS follows
FROM refund r JOIN payment p ON p.id = r.payment_id
WHERE r.id = :id::uuid
