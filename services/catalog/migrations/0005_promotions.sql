-- Promotions: a code that takes something off. A use is counted while a hold has it, sold or not: the hold's state says so, whichever statement changes it.
CREATE TABLE promotion (
    id                    uuid PRIMARY KEY,
    code                  text NOT NULL CONSTRAINT promotion_code_key UNIQUE CHECK (code = upper(code)),
    rule                  jsonb NOT NULL,          -- type, value or amount, currency, products, categories, min_amount
    valid_from            timestamptz NOT NULL,
    valid_until           timestamptz CHECK (valid_until > valid_from),
    max_uses              bigint CHECK (max_uses >= 1),
    max_uses_per_customer bigint CHECK (max_uses_per_customer >= 1),
    used                  bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    created_at            timestamptz NOT NULL,
    created_by            uuid NOT NULL,
    name                  text,
    active                boolean NOT NULL DEFAULT true,
    version               bigint NOT NULL DEFAULT 1,     -- counts the changes, not the uses
    updated_at            timestamptz,
    updated_by            uuid,
    CONSTRAINT promotion_not_overused CHECK (used <= max_uses)
) WITH (fillfactor = 70);
REVOKE UPDATE, DELETE, TRUNCATE ON promotion FROM {{app}};
-- What one takes off, and of what, stays as it was made: no right to change it.
GRANT UPDATE (used, name, active, version, valid_from, valid_until, max_uses, max_uses_per_customer, updated_at, updated_by) ON promotion TO {{app}};

CREATE TABLE promotion_customer (
    promotion_id uuid NOT NULL,
    customer_id  uuid NOT NULL,
    used         bigint NOT NULL CHECK (used >= 0),
    max_uses     bigint,                           -- the promotion's at the last use
    PRIMARY KEY (promotion_id, customer_id),
    CONSTRAINT promotion_customer_not_overused CHECK (used <= max_uses)
);

ALTER TABLE reservation ADD COLUMN promotion_id uuid, ADD COLUMN customer_id uuid;

CREATE FUNCTION promotion_body(p promotion) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('id', p.id, 'version', p.version, 'code', p.code, 'name', p.name, 'active', p.active, 'valid_from', p.valid_from,
                              'valid_until', p.valid_until, 'max_uses', p.max_uses, 'max_uses_per_customer', p.max_uses_per_customer, 'used', p.used,
                              'created_at', p.created_at, 'created_by', p.created_by, 'updated_at', p.updated_at, 'updated_by', p.updated_by) || p.rule
$$;

-- What keeps a code from being used at a moment, beside the lines; NULL: nothing.
CREATE FUNCTION promotion_problem(p promotion, at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p.id IS NULL THEN 'promotion_not_found' WHEN NOT p.active OR at < p.valid_from OR at >= p.valid_until THEN 'promotion_not_valid' END
$$;

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

-- The lines of a hold at the prices the code makes; without one as they are. Fails where it makes none.
CREATE FUNCTION promotion_priced(with_code text, in_currency text, lines jsonb, at timestamptz) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    found_one promotion;
    problem text;
    applied jsonb;
BEGIN
    IF with_code IS NULL THEN
        RETURN lines;
    END IF;
    SELECT * INTO found_one FROM promotion p WHERE p.code = upper(with_code);
    problem := promotion_problem(found_one, at);
    applied := promotion_applied(lines, in_currency, found_one.rule);
    IF problem IS NULL AND NOT jsonb_path_exists(applied, '$[*].discount') THEN
        problem := 'promotion_not_for_this';
    END IF;
    IF problem IS NOT NULL THEN
        PERFORM cuotas_fail(problem);
    END IF;
    RETURN applied;
END $$;

CREATE FUNCTION promotion_total(lines jsonb) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT sum((l ->> 'line_total')::numeric) FROM jsonb_array_elements(lines) AS l);
END $$;

-- After the statement, so after its locks on stock, everywhere: holds and releases meet in one order. By what the promotion is when the use is counted: its row is locked first, so a
-- use is counted before a change or after it. Once it is ended no hold gets a use any more, not even one that was priced a moment before; and a customer's row has the limit of its
-- last use, so that a change touches none of them.
CREATE FUNCTION promotion_counted() RETURNS trigger LANGUAGE plpgsql AS $$
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
        ON CONFLICT (promotion_id, customer_id) DO UPDATE SET used = c.used + 1, max_uses = excluded.max_uses;
    ELSIF has AND NOT had THEN   -- sold after its hold had ended: the sale stands, and is counted as far as there is room
        UPDATE promotion SET used = used + 1 WHERE id = NEW.promotion_id AND coalesce(used < max_uses, true);
        UPDATE promotion_customer SET used = used + 1
        WHERE promotion_id = NEW.promotion_id AND customer_id = NEW.customer_id AND coalesce(used < max_uses, true);
    ELSIF had AND NOT has THEN
        UPDATE promotion SET used = used - 1 WHERE id = NEW.promotion_id;
        UPDATE promotion_customer SET used = used - 1 WHERE promotion_id = NEW.promotion_id AND customer_id = NEW.customer_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER promotion_counted AFTER INSERT OR UPDATE OF status ON reservation FOR EACH ROW WHEN (NEW.promotion_id IS NOT NULL)
    EXECUTE FUNCTION promotion_counted();
