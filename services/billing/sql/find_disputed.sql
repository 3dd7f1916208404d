-- The payment a provider's dispute is of.
SELECT p.id, p.status, p.currency FROM payment p WHERE p.provider = :provider AND p.provider_reference = :payment_reference
