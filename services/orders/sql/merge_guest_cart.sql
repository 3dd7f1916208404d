-- What a guest chose becomes a customer's: the cart itself, or its lines added to one the customer has. Done again it answers the same. A customer's cart is locked
-- after the guest's, so two merges of one guest's cart wait for each other there.
-- adds: jobs for later
WITH guest AS (
    SELECT c.id, c.lines, c.currency, c.customer_id, c.merged_into, c.expires_at > :now::timestamptz AND c.customer_id IS NULL AND c.merged_into IS NULL AS free
    FROM cart c
    WHERE c.id = :guest_id::uuid AND (c.customer_id IS NULL OR c.customer_id = :owner::uuid)
    FOR UPDATE
), taken AS (
    UPDATE cart AS c
    SET customer_id = :owner::uuid, updated_at = :now::timestamptz, expires_at = :now::timestamptz + interval '30 days'
    FROM guest g
    WHERE c.id = g.id AND g.free AND :cart_id::uuid IS NULL
    RETURNING c.id, c AS whole
), filled AS (
    UPDATE cart AS c
    SET lines = cart_priced(cart_merge(c.lines, g.lines), coalesce(c.currency, g.currency), c.promotion), currency = coalesce(c.currency, g.currency), version = c.version + 1, updated_at = :now::timestamptz,
        expires_at = :now::timestamptz + interval '30 days'
    FROM guest g
    WHERE c.id = :cart_id::uuid AND c.customer_id = :owner::uuid AND g.free AND c.status = 'open' AND c.quote_version IS NULL AND c.expires_at > :now::timestamptz
      AND coalesce(c.currency = g.currency, true)
    RETURNING c.id, c AS whole
), emptied AS (
    UPDATE cart AS c SET merged_into = f.id, lines = '[]', currency = NULL, version = c.version + 1, updated_at = :now::timestamptz
    FROM filled f
    WHERE c.id = :guest_id::uuid
), result AS (
    SELECT whole FROM taken
    UNION ALL
    SELECT whole FROM filled
    UNION ALL
    SELECT c FROM guest g JOIN cart c ON c.id = coalesce(g.merged_into, g.id)
    WHERE NOT g.free AND c.customer_id = :owner::uuid AND coalesce(:cart_id::uuid, c.id) = c.id
), reply AS (
    SELECT cart_body(whole, :now::timestamptz)::text AS body FROM result
), {{remember 200}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, CASE WHEN g.merged_into IS NOT NULL OR g.customer_id IS NOT NULL THEN 'cart_merged'
                  WHEN NOT g.free THEN 'cart_expired'
                  WHEN c.id IS NULL THEN 'not_found'
                  ELSE cart_problem(c, :now::timestamptz, g.currency) END
FROM guest g LEFT JOIN cart c ON c.id = :cart_id::uuid AND c.customer_id = :owner::uuid
WHERE NOT EXISTS (SELECT FROM reply)
