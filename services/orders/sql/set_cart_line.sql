-- A product of an open cart at exactly this quantity; at 0 it is taken out, and a cart that is empty then takes any currency. holder: the customer whose it is, NULL of
-- a cart that is nobody's. No cart: no row.
-- adds: jobs for later
WITH reply AS (
    UPDATE cart AS c
    SET lines = cart_priced(cart_set(c.lines, :product::jsonb, :quantity::bigint), coalesce(c.currency, :currency), c.promotion), version = c.version + 1, updated_at = :now::timestamptz,
        currency = CASE WHEN cart_set(c.lines, :product::jsonb, :quantity::bigint) <> '[]' THEN coalesce(c.currency, :currency) END,
        expires_at = :now::timestamptz + CASE WHEN c.customer_id IS NULL AND cart_set(c.lines, :product::jsonb, :quantity::bigint) = '[]' THEN interval '1 day'
                                               ELSE interval '30 days' END
    WHERE c.id = :id::uuid AND c.customer_id IS NOT DISTINCT FROM :holder::uuid AND c.status = 'open' AND c.merged_into IS NULL AND c.quote_version IS NULL
      AND c.expires_at > :now::timestamptz AND coalesce(c.currency = :currency, true)
    RETURNING cart_body(c, :now::timestamptz)::text AS body
)
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, cart_problem(c, :now::timestamptz, :currency)
FROM cart c
WHERE c.id = :id::uuid AND c.customer_id IS NOT DISTINCT FROM :holder::uuid AND NOT EXISTS (SELECT FROM reply)
