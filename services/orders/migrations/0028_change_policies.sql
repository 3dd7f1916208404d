-- What the shop lets customers do by themselves after the sale, a row for each time it was changed; none: what change_policy says of its country. That says what
-- the law gives, which is the least.
CREATE TABLE shop_change_policy (
    version         int PRIMARY KEY,
    withdrawal_days int CHECK (withdrawal_days BETWEEN 0 AND 366),   -- NULL: the law's
    due_day_later   int NOT NULL CHECK (due_day_later BETWEEN 0 AND 60),
    due_day_months  int NOT NULL CHECK (due_day_months BETWEEN 0 AND 120),
    -- Of a return of some lines, unless it says otherwise: 'unearned' interest of days to come falls away, 'earned' that of before goes back, too.
    refund_interest text NOT NULL CHECK (refund_interest IN ('unearned', 'earned')),
    made_at         timestamptz NOT NULL,
    made_by         text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON shop_change_policy FROM {{app}};

CREATE FUNCTION shop_change_policy_now() RETURNS shop_change_policy LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT p FROM shop_change_policy p ORDER BY p.version DESC LIMIT 1);

-- What the shop's word (NULL: none) comes to under the law of a country. country is NULL where neither says anything, law_days where the law does not. Days are counted as
-- the law counts its own.
CREATE FUNCTION change_policy_of(of_country text, shop shop_change_policy, OUT country text, OUT law_days int, OUT law_basis text, OUT open_days boolean, OUT basis text,
                                 OUT withdrawal_days int, OUT due_day_later int, OUT due_day_months int, OUT refund_interest text)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    law change_policy;
BEGIN
    SELECT p.* INTO law FROM change_policy p WHERE p.country = of_country;
    country := CASE WHEN law.country IS NOT NULL OR shop.version IS NOT NULL THEN of_country END;
    law_days := law.withdrawal_days;
    law_basis := law.basis;
    open_days := coalesce(law.open_days, false);
    basis := CASE WHEN shop.withdrawal_days > coalesce(law_days, 0) THEN 'the shop''s rule' ELSE law.basis END;
    withdrawal_days := greatest(law_days, shop.withdrawal_days, 0);
    due_day_later := coalesce(shop.due_day_later, law.due_day_later, 0);
    due_day_months := coalesce(shop.due_day_months, law.due_day_months, 0);
    refund_interest := coalesce(shop.refund_interest, 'unearned');
END $$;

CREATE FUNCTION change_policy_body(of_country text, shop shop_change_policy) RETURNS json LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT json_build_object(
                       'version', coalesce(shop.version, 0), 'country', of_country, 'withdrawal_days', p.withdrawal_days, 'open_days', p.open_days,
                       'law', CASE WHEN p.law_days IS NOT NULL THEN json_build_object('withdrawal_days', p.law_days, 'basis', p.law_basis) END,
                       'due_day_later', p.due_day_later, 'due_day_months', p.due_day_months,
                       'refund_interest', p.refund_interest, 'changed_at', shop.made_at, 'changed_by', shop.made_by)
            FROM change_policy_of(of_country, shop) AS p);
END $$;
