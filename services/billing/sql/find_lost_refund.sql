-- Of refunds the provider has made of a payment, one that is in no book: the row it was sent for is gone with a restore, and no other row has taken it.
-- None, when each is some row's. That two take the same, refund_of_provider refuses.
SELECT f.reference FROM jsonb_to_recordset(:refunds::jsonb) AS f(id uuid, reference text)
WHERE NOT EXISTS (SELECT FROM refund r WHERE r.id = f.id)
  AND NOT EXISTS (SELECT FROM refund r WHERE r.payment_id = :payment_id::uuid AND r.provider_reference = f.reference)
ORDER BY f.reference
LIMIT 1
