-- Remembers who a customer is at the provider; the first answer stays.
WITH noted AS (
    INSERT INTO provider_customer (customer_id, provider, reference) VALUES (:customer_id::uuid, :provider, :reference)
    ON CONFLICT (customer_id, provider) DO NOTHING
    RETURNING reference
)
SELECT reference FROM noted
UNION ALL
SELECT reference FROM provider_customer WHERE customer_id = :customer_id::uuid AND provider = :provider
LIMIT 1
