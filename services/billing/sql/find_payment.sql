-- The payment a provider's event is about: by the id we gave it, else by the provider's own reference.
SELECT p.id, p.amount, p.currency, p.status, p.brand FROM payment p
WHERE p.provider = :provider
  AND (p.id = :payment_id::uuid OR (:payment_id::uuid IS NULL AND p.provider_reference = :provider_reference))
