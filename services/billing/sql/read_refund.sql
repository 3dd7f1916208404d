-- All that giving money back needs to know.
SELECT r.id, r.status, r.amount, r.currency, r.reason, r.payment_id, r.provider_reference, r.attempt, p.provider, p.source = 'manual' AS by_hand, p.provider_reference AS payment_reference
FROM refund r JOIN payment p ON p.id = r.payment_id
WHERE r.id = :id::uuid
