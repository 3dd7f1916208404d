-- What was captured for an intent and is left of it.
-- pool: read
SELECT id, amount - amount_refunded AS remaining, currency, customer FROM charge WHERE payment_intent = :payment_intent
