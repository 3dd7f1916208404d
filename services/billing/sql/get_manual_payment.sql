-- One payment that was recorded by hand.
-- pool: read
SELECT manual_payment_body(m) AS body FROM manual_payment m WHERE m.id = :id::uuid
