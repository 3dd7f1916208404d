-- Cards end with a month. end_told: the end (year and month, 202704) that its customer was told of.
ALTER TABLE payment_method ADD COLUMN end_told int;

-- The last day a card is good for; NULL where that is not known.
CREATE FUNCTION card_ends_on(exp_year int, exp_month int) RETURNS date LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN exp_month BETWEEN 1 AND 12 AND exp_year BETWEEN 2000 AND 9000 THEN (make_date(exp_year, exp_month, 1) + interval '1 month')::date - 1 END;
END $$;

CREATE FUNCTION payment_method_body(m payment_method, is_default boolean, today date) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', m.id, 'customer_id', m.customer_id, 'status', CASE m.status WHEN 'signed' THEN 'active' ELSE m.status END, 'provider', m.provider, 'brand', m.brand, 'last4', m.last4,
        'exp_month', m.exp_month, 'exp_year', m.exp_year, 'expired', coalesce(card_ends_on(m.exp_year, m.exp_month) < today, false), 'default', is_default,
        'failure_code', m.failure_code,
        'next_action', CASE WHEN m.status = 'requires_action'
                            THEN json_build_object('type', m.next_action_type, 'url', m.next_action_url) END,
        'created_at', m.created_at)
$$;
