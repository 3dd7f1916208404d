-- A charge of which nothing has been sent goes to the other provider its customer gave a token of. Once, by the first run of its job, and only while that has it still (its row is
-- locked, so nobody takes it up meanwhile): a run that came after it may have sent to the first provider by now.
WITH first_run AS (
    SELECT id FROM job WHERE id = :job_id::bigint AND attempts = 1 FOR UPDATE
)
UPDATE payment AS p
SET provider = p.fallback_provider, token = p.fallback_token, fallback_provider = NULL, fallback_token = NULL, updated_at = :now::timestamptz
FROM first_run
WHERE p.id = :payment_id::uuid AND p.status = 'processing' AND p.provider_reference IS NULL AND p.fallback_provider IS NOT NULL
RETURNING p.provider
