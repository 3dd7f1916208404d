-- A charge was sent and no answer came: it may or may not have taken money. Only the provider's word decides.
UPDATE payment SET status = 'unknown', updated_at = :now::timestamptz
WHERE id = :payment_id::uuid AND status = 'processing'
