-- Carts of people who have not logged in: nobody's (customer_id NULL) until they are a customer's own or merged into one. Whoever has the cart's token has it.
ALTER TABLE cart ALTER COLUMN customer_id DROP NOT NULL, ADD COLUMN merged_into uuid, ADD COLUMN abandoned_at timestamptz;

CREATE OR REPLACE FUNCTION cart_body(c cart, at timestamptz) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id,
                             'status', CASE WHEN c.merged_into IS NOT NULL THEN 'merged' WHEN c.status = 'open' AND c.expires_at <= at THEN 'expired'
                                            ELSE c.status END,
                             'customer_id', c.customer_id, 'channel', c.channel, 'currency', c.currency, 'lines', c.lines, 'total', cart_total(c.lines),
                             'order_id', c.order_id, 'created_at', c.created_at, 'expires_at', c.expires_at)
$$;

-- Why a cart that is there cannot be changed.
CREATE FUNCTION cart_problem(c cart, at timestamptz, added_currency text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN c.merged_into IS NOT NULL THEN 'cart_merged' WHEN c.status = 'ordered' THEN 'cart_already_ordered'
                WHEN c.expires_at <= at THEN 'cart_expired' WHEN c.currency <> added_currency THEN 'mixed_currencies' ELSE 'conflict' END
$$;

-- Each of the other lines added, at its own price.
CREATE FUNCTION cart_merge(lines jsonb, more jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    FOR place IN 0 .. jsonb_array_length(more) - 1 LOOP
        lines := cart_add(lines, more -> place, (more -> place ->> 'quantity')::bigint);
    END LOOP;
    RETURN lines;
END $$;
