-- A charge of which nothing has been sent goes to the other provider its customer gave a token of. Once.
UPDATE payment SET provider = fallback_provider, token = fallback_token, fallback_provider = NULL, fallback_token = NULL, updated_at = :now::timestamptz
WHERE id = :payment_id::uuid AND status = 'processing' AND provider_reference IS NULL AND fallback_provider IS NOT NULL
RETURNING provider
