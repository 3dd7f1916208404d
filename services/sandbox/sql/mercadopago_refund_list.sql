-- A payment's refunds, the oldest first.
-- pool: read
SELECT body::text AS body FROM object WHERE kind = 'mp_refund' AND body ->> 'payment_id' = :payment_id ORDER BY created_at, id
