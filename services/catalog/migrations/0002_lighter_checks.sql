-- Products are archived, never deleted: no sale needs to look its product up again, and lock it against other buyers, to write a movement.
REVOKE DELETE, TRUNCATE ON product, stock, stock_movement FROM {{app}};
ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_product_id_fkey;
-- Held, then committed or released: room for the next version in the same page.
ALTER TABLE reservation SET (fillfactor = 90);

-- The words a column may hold: a list in a check is read letter by letter, by every statement that writes.
CREATE FUNCTION reservation_state(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('held', 'extended', 'committed', 'consumed', 'released', 'expired');
END $$;
ALTER TABLE reservation ADD CONSTRAINT reservation_state CHECK (reservation_state(status)) NOT VALID;
