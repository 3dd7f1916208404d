-- Payment intents by one member of their metadata.
-- pool: read
SELECT body::text AS body FROM object WHERE kind = 'payment_intent' AND body -> 'metadata' ->> 'payment_id' = :payment_id
