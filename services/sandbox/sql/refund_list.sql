-- An intent's refunds, newest first.
-- pool: read
SELECT body::text AS body FROM object WHERE kind = 'refund' AND body ->> 'payment_intent' = :payment_intent ORDER BY created_at DESC, id DESC LIMIT 101
