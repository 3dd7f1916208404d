-- The provider took a charge: it stays processing until the provider's signed event completes it. Should none come, a job asks a minute later.
WITH noted AS (
    UPDATE payment SET status = 'processing', provider_reference = :provider_reference, updated_at = :now::timestamptz,
                       brand = coalesce(:brand, brand), last4 = coalesce(:last4, last4)
    WHERE id = :payment_id::uuid AND status IN ('processing', 'unknown')
    RETURNING id
)
INSERT INTO job (kind, key, run_at, payload, trace)   -- one for all charges of some seconds; most of them are completed by then
SELECT 'ask_undecided', 'undecided:' || m.ends, m.ends + interval '1 minute', jsonb_build_object('noted_before', m.ends), :trace
FROM noted CROSS JOIN (SELECT date_bin('15 seconds', :now::timestamptz, '2000-01-01T00:00:00Z') + interval '15 seconds' AS ends) AS m
ON CONFLICT (key) DO NOTHING
