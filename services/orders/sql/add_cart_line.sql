-- Adds a product to an open cart of one currency. No cart: no row.
-- adds: jobs for later
WITH reply AS (
    UPDATE cart AS c
    SET lines = cart_priced(cart_add(c.lines, :product::jsonb, :quantity::bigint), :currency, c.promotion), currency = :currency, version = c.version + 1,
        updated_at = :now::timestamptz, expires_at = :now::timestamptz + interval '30 days'
    WHERE c.id = :id::uuid AND c.customer_id = :owner::uuid AND c.status = 'open' AND c.quote_version IS NULL AND c.expires_at > :now::timestamptz
      AND coalesce(c.currency, :currency) = :currency
    RETURNING cart_body(c, :now::timestamptz)::text AS body
), {{remember 200}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, cart_problem(c, :now::timestamptz, :currency)
FROM cart c
WHERE c.id = :id::uuid AND c.customer_id = :owner::uuid AND NOT EXISTS (SELECT FROM reply)
