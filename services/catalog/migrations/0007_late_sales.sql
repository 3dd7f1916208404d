-- A sale whose hold had ended stands, also where its use went to somebody else meanwhile. It was not counted then, and never after: when a use ended, there
-- was one fewer than holds that have it, and when all ended, one fewer than none. Now it waits for room, beside those that are counted: used = limit, or none waits.
ALTER TABLE promotion ADD COLUMN uncounted bigint NOT NULL DEFAULT 0 CHECK (uncounted >= 0);
ALTER TABLE promotion_customer ADD COLUMN uncounted bigint NOT NULL DEFAULT 0 CHECK (uncounted >= 0);
GRANT UPDATE (uncounted) ON promotion TO {{app}};

-- Of both tables: where a use ended, or the limit is higher, those that wait are counted.
CREATE FUNCTION promotion_room_taken() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    room bigint := CASE WHEN NEW.max_uses IS NULL THEN NEW.uncounted ELSE greatest(NEW.max_uses - NEW.used, 0) END;
BEGIN
    NEW.used := NEW.used + least(room, NEW.uncounted);
    NEW.uncounted := NEW.uncounted - least(room, NEW.uncounted);
    RETURN NEW;
END $$;
CREATE TRIGGER promotion_room_taken BEFORE UPDATE ON promotion FOR EACH ROW WHEN (NEW.uncounted > 0) EXECUTE FUNCTION promotion_room_taken();
CREATE TRIGGER promotion_room_taken BEFORE UPDATE ON promotion_customer FOR EACH ROW WHEN (NEW.uncounted > 0) EXECUTE FUNCTION promotion_room_taken();

-- As it was (0005_promotions), but for sales that come late. A customer's limit is only known when they use it again: then all they have are counted against it.
CREATE OR REPLACE FUNCTION promotion_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    had boolean := TG_OP = 'UPDATE' AND OLD.status NOT IN ('released', 'expired');
    has boolean := NEW.status NOT IN ('released', 'expired');
    p promotion;
BEGIN
    IF has AND NOT had AND NEW.status = 'held' THEN
        UPDATE promotion SET used = used + 1 WHERE id = NEW.promotion_id RETURNING * INTO p;
        IF NOT p.active THEN
            PERFORM cuotas_fail('promotion_not_valid');
        END IF;
        INSERT INTO promotion_customer AS c (promotion_id, customer_id, used, max_uses)
        SELECT p.id, NEW.customer_id, 1, p.max_uses_per_customer WHERE p.id IS NOT NULL AND NEW.customer_id IS NOT NULL
        ON CONFLICT (promotion_id, customer_id) DO UPDATE SET used = c.used + c.uncounted + 1, uncounted = 0, max_uses = excluded.max_uses;
    ELSIF has AND NOT had THEN   -- sold after its hold had ended
        UPDATE promotion SET uncounted = uncounted + 1 WHERE id = NEW.promotion_id;
        UPDATE promotion_customer SET uncounted = uncounted + 1 WHERE promotion_id = NEW.promotion_id AND customer_id = NEW.customer_id;
    ELSIF had AND NOT has THEN
        UPDATE promotion SET used = used - 1 WHERE id = NEW.promotion_id;
        UPDATE promotion_customer SET used = used - 1 WHERE promotion_id = NEW.promotion_id AND customer_id = NEW.customer_id;
    END IF;
    RETURN NULL;
END $$;

-- Those of before. Who counts meanwhile waits for the locks above.
UPDATE promotion AS p SET uncounted = h.held - p.used
FROM (SELECT promotion_id, count(*) AS held FROM reservation WHERE promotion_id IS NOT NULL AND status NOT IN ('released', 'expired') GROUP BY 1) AS h
WHERE h.promotion_id = p.id AND h.held > p.used;
UPDATE promotion_customer AS c SET uncounted = h.held - c.used
FROM (SELECT promotion_id, customer_id, count(*) AS held FROM reservation WHERE promotion_id IS NOT NULL AND status NOT IN ('released', 'expired') GROUP BY 1, 2) AS h
WHERE h.promotion_id = c.promotion_id AND h.customer_id = c.customer_id AND h.held > c.used;
