-- Sales that are undone after they were confirmed, and what the law of a country, or the shop, lets customers do by themselves.

-- withdrawal_days: after everything was delivered (of services: after the order was confirmed), in which a buyer may withdraw; open_days: weekends and public holidays do
-- not count. due_day_later, due_day_months: by how many days a customer may move due dates at most, and how many months that is for.
CREATE TABLE change_policy (
    country         char(2) PRIMARY KEY,
    withdrawal_days int NOT NULL CHECK (withdrawal_days BETWEEN 0 AND 366),
    open_days       boolean NOT NULL DEFAULT false,
    basis           text,
    due_day_later   int NOT NULL DEFAULT 20 CHECK (due_day_later BETWEEN 0 AND 60),
    due_day_months  int NOT NULL DEFAULT 6 CHECK (due_day_months BETWEEN 0 AND 120)
);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON change_policy FROM {{app}};
INSERT INTO change_policy (country, withdrawal_days, open_days, basis) VALUES
    ('AR', 10, false, 'Ley 24.240, art. 34'), ('BR', 7, false, 'Lei 8.078/1990, art. 49'), ('CL', 10, false, 'Ley 19.496, art. 3 bis'),
    ('CO', 5, true, 'Ley 1480 de 2011, art. 47'), ('ES', 14, false, 'Real Decreto Legislativo 1/2007, art. 104'),
    ('MX', 5, true, 'Ley Federal de Protección al Consumidor, art. 56'), ('UY', 5, true, 'Ley 17.250, art. 16');

-- A completed order can still be withdrawn from, and a settled contract with it.
CREATE OR REPLACE FUNCTION sales_order_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'draft' THEN new IN ('pending_payment', 'canceled')
                    WHEN 'pending_payment' THEN new IN ('confirmed', 'expired', 'canceled')
                    WHEN 'confirmed' THEN new IN ('completed', 'canceled')
                    WHEN 'completed' THEN new = 'canceled'
                    ELSE false END;
END $$;
CREATE OR REPLACE FUNCTION contract_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending_signature' THEN new IN ('active', 'settled', 'terminated')
                    WHEN 'active' THEN new IN ('settled', 'defaulted', 'terminated', 'written_off')
                    WHEN 'defaulted' THEN new IN ('active', 'settled', 'terminated', 'written_off')
                    WHEN 'settled' THEN new = 'terminated'
                    ELSE false END;
END $$;

-- Units of a line that came back by returns which billing has applied; `confirming`: or has still to apply or refuse.
CREATE FUNCTION order_line_returned(of_contract uuid, of_line int, confirming boolean) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(l.quantity), 0)
            FROM contract_change h, jsonb_to_recordset(h.request -> 'lines') AS l(line int, quantity bigint)
            WHERE h.contract_id = of_contract AND h.kind = 'return' AND (h.schedule_version IS NOT NULL OR confirming AND h.status = 'confirming') AND l.line = of_line);
END $$;
