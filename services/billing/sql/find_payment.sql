-- The payment a provider's event is about: by the id we gave it, else by the provider's own reference.
SELECT p.id, p.amount, p.currency, p.status, p.brand FROM payment p
WHERE p.provider = :provider
  AND p.id = coalesce(:payment_id::uuid, (SELECT r.id FROM payment r WHERE r.provider = :provider AND r.provider_reference = :provider_reference))
