declined AS (   -- the tenth last attempt of `payer` in 24 hours that a bank or provider refused, or that were left at the authentication: until it is that old, nothing is tried. A link's payer is a stranger and has the order's, others the customer's
    SELECT t.created_at + interval '24 hours' AS until
    FROM payer r
    CROSS JOIN LATERAL (
        SELECT p.created_at FROM payment p
        WHERE NOT r.by_link AND p.customer_id = r.customer_id AND p.created_at > :now::timestamptz - interval '24 hours'
          AND p.source = 'checkout' AND (p.status = 'requires_action' OR p.status = 'canceled' AND p.provider_reference IS NOT NULL
               OR p.status = 'failed' AND p.failure_code NOT IN ('processing_error', 'issuer_unavailable', 'provider_unavailable'))
        UNION ALL
        SELECT m.created_at FROM payment_method m   -- many can be asked for at once, so those not decided count, too
        WHERE NOT r.by_link AND m.customer_id = r.customer_id AND m.created_at > :now::timestamptz - interval '24 hours'
          AND (m.status IN ('processing', 'requires_action') OR m.status = 'failed' AND m.failure_code NOT IN ('processing_error', 'issuer_unavailable', 'provider_unavailable'))
        UNION ALL
        SELECT p.created_at FROM payment p   -- of a stranger's, those not decided, too
        WHERE r.by_link AND p.order_id = r.order_id AND p.created_at > :now::timestamptz - interval '24 hours'
          AND p.source = 'link' AND (p.status IN ('processing', 'unknown', 'requires_action') OR p.status = 'canceled' AND p.provider_reference IS NOT NULL
               OR p.status = 'failed' AND p.failure_code NOT IN ('processing_error', 'issuer_unavailable', 'provider_unavailable'))
        ORDER BY created_at DESC OFFSET 9 LIMIT 1
    ) AS t
)
