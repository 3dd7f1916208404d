-- A promotion into an open cart, or none. No cart: no row.
WITH reply AS (
    UPDATE cart AS c
    SET promotion = :promotion::jsonb, version = c.version + 1, updated_at = :now::timestamptz, expires_at = :now::timestamptz + interval '30 days',
        lines = promotion_applied(c.lines, c.currency, coalesce(:promotion::jsonb, '{"type": "fixed", "amount": 0}'))
    WHERE c.id = :id::uuid AND c.customer_id = :owner::uuid AND c.status = 'open' AND c.quote_version IS NULL AND c.expires_at > :now::timestamptz
    RETURNING cart_body(c, :now::timestamptz)::text AS body
)
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, cart_problem(c, :now::timestamptz, NULL) FROM cart c
WHERE c.id = :id::uuid AND c.customer_id = :owner::uuid AND NOT EXISTS (SELECT FROM reply)
