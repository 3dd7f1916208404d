-- What is known here to have gone back of a payment by its provider, or to be on its way.
SELECT coalesce(sum(r.amount), 0)::bigint AS amount FROM refund r
WHERE r.payment_id = :payment_id::uuid AND r.status IN ('pending', 'succeeded') AND r.destination = 'method' AND r.paid_from IS NULL
