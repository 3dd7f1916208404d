-- The same rules in forms that cost a statement less. PostgreSQL reads, plans and starts every CHECK and every trigger's WHEN of a table anew for each
-- statement that writes to it; what is in a function in PL/pgSQL is planned once a session.

CREATE OR REPLACE FUNCTION sales_order_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'draft' THEN new IN ('pending_payment', 'canceled')
                    WHEN 'pending_payment' THEN new IN ('confirmed', 'expired', 'canceled')
                    WHEN 'confirmed' THEN new IN ('completed', 'canceled')
                    ELSE false END;
END $$;

CREATE OR REPLACE FUNCTION contract_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending_signature' THEN new IN ('active', 'settled', 'terminated')
                    WHEN 'active' THEN new IN ('settled', 'defaulted', 'terminated', 'written_off')
                    WHEN 'defaulted' THEN new IN ('active', 'settled', 'terminated', 'written_off')
                    ELSE false END;
END $$;

CREATE OR REPLACE FUNCTION installment_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN old IN ('scheduled', 'due', 'partially_paid', 'paid', 'overdue');
END $$;

-- Carts: a query costs more to start than these few lines to walk.

CREATE OR REPLACE FUNCTION cart_total(lines jsonb) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    total numeric := 0;
BEGIN
    FOR place IN 0 .. jsonb_array_length(lines) - 1 LOOP
        total := total + coalesce((lines -> place ->> 'line_total')::numeric, 0);
    END LOOP;
    RETURN total;
END $$;

CREATE OR REPLACE FUNCTION cart_largest_quantity(lines jsonb) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    largest bigint := 0;
BEGIN
    FOR place IN 0 .. jsonb_array_length(lines) - 1 LOOP
        largest := greatest(largest, (lines -> place ->> 'quantity')::bigint);
    END LOOP;
    RETURN largest;
END $$;

-- STABLE, as what it is made of: PostgreSQL makes it part of the expression that uses it only then.
CREATE OR REPLACE FUNCTION cart_line(product jsonb, quantity bigint) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
    RETURN jsonb_build_object('product_id', product -> 'product_id', 'sku', product -> 'sku', 'name', product -> 'name',
                              'kind', product -> 'kind', 'category', product -> 'category', 'quantity', quantity,
                              'unit_price', product -> 'unit_price', 'line_total', (product ->> 'unit_price')::numeric * quantity);

-- One check for what is one rule: nothing is negative.
ALTER TABLE installment ADD CONSTRAINT installment_not_negative CHECK (
    least(opening_balance, principal, interest, fees, tax, closing_balance, paid, outstanding, least(number, days, dpd)) >= 0) NOT VALID;

-- The words a column may hold: a list in a check is read letter by letter.

CREATE FUNCTION sales_order_state(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('draft', 'pending_payment', 'confirmed', 'completed', 'canceled', 'expired');
END $$;
ALTER TABLE sales_order ADD CONSTRAINT sales_order_state CHECK (sales_order_state(status)) NOT VALID;

CREATE FUNCTION contract_state(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('pending_signature', 'active', 'settled', 'defaulted', 'terminated', 'written_off');
END $$;
ALTER TABLE contract ADD CONSTRAINT contract_state CHECK (contract_state(status)) NOT VALID;

-- A cart grows line by line: room for its next versions in the same page.
ALTER TABLE cart SET (fillfactor = 50);
ALTER TABLE contract SET (fillfactor = 90);
