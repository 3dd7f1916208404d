-- Promotion codes in carts, and what they took off in what was sold.
-- What a promotion takes off lines [{product_id, category, quantity, unit_price}]: `discount` in the lines it is for, and line_total without it. The whole discount is rounded
-- once, half up, then spread over the lines by what they cost, so that it adds up. Nothing below min_amount or in another currency. The catalog and orders have the
-- same function: a cart shows what the catalog will say when it is ordered.
CREATE FUNCTION promotion_applied(lines jsonb, in_currency text, rule jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    everything boolean := coalesce(rule -> 'products', '[]') = '[]' AND coalesce(rule -> 'categories', '[]') = '[]';
    gross numeric[] := '{}';
    meant boolean[] := '{}';
    line jsonb;
    total numeric := 0;
    eligible numeric := 0;
    discount numeric;
    before numeric := 0;
    part numeric;
    applied jsonb := '[]';
BEGIN
    FOR i IN 1 .. jsonb_array_length(lines) LOOP
        line := lines -> i - 1;
        gross[i] := (line ->> 'unit_price')::numeric * (line ->> 'quantity')::numeric;
        meant[i] := everything OR coalesce(rule -> 'products' ? (line ->> 'product_id'), false) OR coalesce(rule -> 'categories' ? (line ->> 'category'), false);
        total := total + gross[i];
        eligible := eligible + CASE WHEN meant[i] THEN gross[i] ELSE 0 END;
    END LOOP;
    discount := CASE WHEN coalesce(rule ->> 'currency', in_currency) <> in_currency OR total < coalesce((rule ->> 'min_amount')::numeric, 0) OR eligible = 0 THEN 0
                     WHEN rule ->> 'type' = 'percent' THEN least(round(eligible * (rule ->> 'value')::numeric), eligible)
                     ELSE least((rule ->> 'amount')::numeric, eligible) END;
    FOR i IN 1 .. jsonb_array_length(lines) LOOP
        part := CASE WHEN meant[i] AND discount > 0 THEN floor(discount * (before + gross[i]) / eligible) - floor(discount * before / eligible) ELSE 0 END;
        before := before + CASE WHEN meant[i] THEN gross[i] ELSE 0 END;
        applied := applied || jsonb_build_array((lines -> i - 1) - 'discount' || jsonb_build_object('line_total', gross[i] - part)
                                                || CASE WHEN part > 0 THEN jsonb_build_object('discount', part) ELSE '{}' END);
    END LOOP;
    RETURN applied;
END $$;

-- As the catalog told it when its code was put in.
ALTER TABLE cart ADD COLUMN promotion jsonb;

CREATE FUNCTION cart_priced(lines jsonb, currency text, promotion jsonb) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN promotion IS NULL THEN lines ELSE promotion_applied(lines, currency, promotion) END;

CREATE FUNCTION cart_discount(lines jsonb) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    discount numeric := 0;
BEGIN
    FOR place IN 0 .. jsonb_array_length(lines) - 1 LOOP
        discount := discount + coalesce((lines -> place ->> 'discount')::numeric, 0);
    END LOOP;
    RETURN discount;
END $$;

CREATE OR REPLACE FUNCTION cart_body(c cart, at timestamptz) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id,
                             'status', CASE WHEN c.merged_into IS NOT NULL THEN 'merged' WHEN c.status = 'open' AND c.expires_at <= at THEN 'expired'
                                            ELSE c.status END,
                             'customer_id', c.customer_id, 'channel', c.channel, 'currency', c.currency, 'lines', c.lines,
                             'promotion_code', c.promotion ->> 'code', 'discount', cart_discount(c.lines), 'total', cart_total(c.lines),
                             'order_id', c.order_id, 'created_at', c.created_at, 'expires_at', c.expires_at)
$$;

CREATE OR REPLACE FUNCTION order_line_body(l order_line) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$   -- as it was: see 0013
    SELECT json_build_object('product_id', l.product_id, 'sku', l.sku, 'name', l.name, 'kind', l.kind, 'category', l.category,
        'quantity', l.quantity, 'unit_price', l.unit_price, 'line_total', l.line_total)
$$;
ALTER TABLE order_line ADD COLUMN discount bigint NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD CONSTRAINT order_line_totals CHECK (line_total = unit_price * quantity - discount AND least(discount, line_total) >= 0) NOT VALID;

CREATE OR REPLACE FUNCTION order_line_body(l order_line) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN l.discount = 0
        THEN json_build_object('product_id', l.product_id, 'sku', l.sku, 'name', l.name, 'kind', l.kind, 'category', l.category,
            'quantity', l.quantity, 'unit_price', l.unit_price, 'line_total', l.line_total)
        ELSE json_build_object('product_id', l.product_id, 'sku', l.sku, 'name', l.name, 'kind', l.kind, 'category', l.category,
            'quantity', l.quantity, 'unit_price', l.unit_price, 'discount', l.discount, 'line_total', l.line_total) END
$$;
