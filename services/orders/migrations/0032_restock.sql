-- What of a sale is for sale again, and who orders a cart after all.

-- A line whose units returns have taken back, or whose sale was undone: how many of them were never sent and those that were said to be good (restock_order). Kept, since what is
-- sent later does not change what came before.
CREATE TABLE order_restock (
    order_id  uuid NOT NULL,
    line      int NOT NULL,
    taken     bigint NOT NULL,    -- taken back, as far as is judged here
    good      bigint NOT NULL,    -- of those, by changes that say so of what was sent
    unsent    bigint NOT NULL,    -- of those, never sent
    inspected bigint NOT NULL,    -- of those, sent, and nobody says that they are good
    for_sale  bigint NOT NULL,    -- as told
    PRIMARY KEY (order_id, line),
    CHECK (for_sale BETWEEN 0 AND taken)
);
REVOKE DELETE, TRUNCATE ON order_restock FROM {{app}};

-- A cart that was told of as left is ordered after all, whoever does that.
CREATE FUNCTION left_cart_ordered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (type, subject, customer_id, data, occurred_at)
    VALUES ('cart.ordered', NEW.id::text, NEW.customer_id, jsonb_build_object('cart_id', NEW.id, 'customer_id', NEW.customer_id, 'order_id', NEW.order_id), NEW.updated_at);
    RETURN NULL;
END $$;
CREATE TRIGGER left_cart_ordered AFTER UPDATE OF status ON cart FOR EACH ROW
    WHEN (NEW.abandoned_at IS NOT NULL AND NEW.status = 'ordered' AND OLD.status <> 'ordered')
    EXECUTE FUNCTION left_cart_ordered();
