-- Lines of a cart are set and taken out, too.
-- A product at a quantity, with today's price, in its place or at the end; at 0 it is taken out, and `product` is only its product_id.
CREATE FUNCTION cart_set(lines jsonb, product jsonb, quantity bigint) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF quantity > 0 AND NOT lines @> jsonb_build_array(jsonb_build_object('product_id', product -> 'product_id')) THEN
        RETURN lines || cart_line(product, quantity);
    END IF;
    RETURN (SELECT coalesce(jsonb_agg(CASE WHEN l.line -> 'product_id' = product -> 'product_id' THEN cart_line(product, quantity) ELSE l.line END
                                      ORDER BY l.place), '[]')
            FROM jsonb_array_elements(lines) WITH ORDINALITY AS l(line, place)
            WHERE quantity > 0 OR l.line -> 'product_id' <> product -> 'product_id');
END $$;
