-- The catalog's prices of today into a cart that showed others. Its version stays: the stock held is for the same products.
UPDATE cart
SET lines = :lines::jsonb, currency = :currency, updated_at = :now::timestamptz
WHERE id = :id::uuid AND status = 'open' AND version = :version::int
