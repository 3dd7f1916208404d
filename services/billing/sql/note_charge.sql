-- The provider took a charge: it stays processing until the provider's signed event completes it. Should none come, a job asks.
WITH noted AS (
    UPDATE payment SET status = 'processing', provider_reference = :provider_reference, updated_at = :now::timestamptz,
                       brand = coalesce(:brand, brand), last4 = coalesce(:last4, last4)
    WHERE id = :payment_id::uuid AND status IN ('processing', 'unknown')
    RETURNING id
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'resolve_payment', 'resolve:' || id, :now::timestamptz + interval '1 minute', jsonb_build_object('payment_id', id), :trace FROM noted
ON CONFLICT (key) DO NOTHING
