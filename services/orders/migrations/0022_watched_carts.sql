-- Every cart is looked at by a job, whichever way it was made or filled.

-- There is a look. The version of before makes none and could run none: its carts are found at the close of a day (watch_carts.sql).
ALTER TABLE cart ADD COLUMN watched boolean NOT NULL DEFAULT false;

-- When a cart nobody touches is looked at next: told of a day after it was left with something in it, and dropped when it has expired; a customer's 30 days later, for who asks
-- what became of it. NULL: never, it was ordered, or is a quote's.
CREATE FUNCTION cart_watch_at(c cart, at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN c.status = 'ordered' OR c.quote_version IS NOT NULL THEN NULL
                WHEN c.customer_id IS NULL THEN c.expires_at
                WHEN c.abandoned_at IS NULL AND c.lines <> '[]' AND at < c.updated_at + interval '1 day' THEN c.updated_at + interval '1 day'
                WHEN at < c.expires_at THEN c.expires_at
                ELSE c.expires_at + interval '30 days' END
$$;

-- The look at a cart as it is since it was last touched. That there is another already does no harm: each makes the same next one.
CREATE FUNCTION cart_watch(c cart) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    look_at timestamptz := cart_watch_at(c, c.updated_at);
BEGIN
    IF look_at IS NOT NULL THEN
        INSERT INTO job (kind, key, run_at, payload)
        VALUES ('watch_cart', 'cart:' || c.id || ':' || extract(epoch FROM look_at)::bigint, look_at, jsonb_build_object('cart_id', c.id))
        ON CONFLICT (key) DO NOTHING;
    END IF;
END $$;

CREATE FUNCTION cart_watched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cart_watch(NEW);
    RETURN NULL;
END $$;
CREATE TRIGGER cart_made AFTER INSERT ON cart FOR EACH ROW WHEN (NEW.watched) EXECUTE FUNCTION cart_watched();
-- The look at an empty one is far away. What a guest fills is looked at when it would have ended.
CREATE TRIGGER cart_filled AFTER UPDATE OF lines, customer_id, watched ON cart FOR EACH ROW
    WHEN (NEW.watched AND (NOT OLD.watched OR NEW.customer_id IS NOT NULL AND NEW.lines <> '[]' AND (OLD.lines = '[]' OR OLD.customer_id IS NULL)))
    EXECUTE FUNCTION cart_watched();
