-- Carts: one document of lines each, so that adding is one update of one row and reading is free. Prices are those seen when a line
-- was added or last refreshed; an order takes the catalog's.

-- Functions with a query in them are in PL/pgSQL, which plans it once a session.

-- Sum of price x quantity.
CREATE FUNCTION cart_total(lines jsonb) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT coalesce(sum((l ->> 'line_total')::numeric), 0) FROM jsonb_array_elements(lines) AS l);
END $$;

CREATE FUNCTION cart_largest_quantity(lines jsonb) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT coalesce(max((l ->> 'quantity')::bigint), 0) FROM jsonb_array_elements(lines) AS l);
END $$;

-- A line as it stands in a cart: product {product_id, sku, name, kind, category, unit_price} and a quantity.
CREATE FUNCTION cart_line(product jsonb, quantity bigint) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('product_id', product -> 'product_id', 'sku', product -> 'sku', 'name', product -> 'name',
                              'kind', product -> 'kind', 'category', product -> 'category', 'quantity', quantity,
                              'unit_price', product -> 'unit_price', 'line_total', (product ->> 'unit_price')::numeric * quantity);

-- The same product adds up and takes today's price; another one goes to the end.
CREATE FUNCTION cart_add(lines jsonb, product jsonb, quantity bigint) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF NOT lines @> jsonb_build_array(jsonb_build_object('product_id', product -> 'product_id')) THEN
        RETURN lines || cart_line(product, quantity);
    END IF;
    RETURN (SELECT jsonb_agg(CASE WHEN l.line -> 'product_id' = product -> 'product_id'
                                  THEN cart_line(product, (l.line ->> 'quantity')::bigint + quantity) ELSE l.line END ORDER BY l.place)
            FROM jsonb_array_elements(lines) WITH ORDINALITY AS l(line, place));
END $$;

CREATE TABLE cart (
    id          uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'ordered')),
    currency    char(3),                         -- of its products; NULL while it is empty
    lines       jsonb NOT NULL DEFAULT '[]',
    -- Counts changes of what is in it: with the id it names the stock held for exactly these lines.
    version     int NOT NULL DEFAULT 1,
    order_id    uuid,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT cart_lines_max CHECK (jsonb_array_length(lines) <= 100),
    CONSTRAINT cart_quantity_max CHECK (cart_largest_quantity(lines) <= 999),
    CONSTRAINT cart_total_max CHECK (cart_total(lines) <= 9007199254740991),
    CONSTRAINT cart_ordered CHECK ((status = 'ordered') = (order_id IS NOT NULL))
);
CREATE INDEX cart_customer ON cart (customer_id, id);

CREATE FUNCTION cart_body(c cart, at timestamptz) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object('id', c.id, 'status', CASE WHEN c.status = 'open' AND c.expires_at <= at THEN 'expired' ELSE c.status END,
                             'customer_id', c.customer_id, 'currency', c.currency, 'lines', c.lines, 'total', cart_total(c.lines),
                             'order_id', c.order_id, 'created_at', c.created_at, 'expires_at', c.expires_at);
