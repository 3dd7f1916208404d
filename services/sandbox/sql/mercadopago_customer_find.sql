-- Mercado Pago's customer of an address.
-- pool: read
SELECT body::text AS body FROM object WHERE kind = 'mp_customer' AND body ->> 'email' = :email
