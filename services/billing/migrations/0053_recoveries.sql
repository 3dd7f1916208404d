-- What is paid too much can stay as credit (`overpayment` of the policy on receivables), and what comes for an order that was written off is a recovery.
-- recovered: of a dispute that was lost, what had been a recovery and is none any more.
ALTER TABLE dispute ADD COLUMN recovered bigint NOT NULL DEFAULT 0;

CREATE OR REPLACE FUNCTION receivables_policy_body(p receivables_policy) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (jsonb_build_object('version', p.version, 'valid_from', nullif(p.valid_from, '-infinity'), 'late', NULL, 'waiver_limits', '[]'::jsonb, 'overpayment', 'refund',
                               'changed_at', p.made_at, 'changed_by', p.made_by) || p.body)::json
$$;

-- What was written off of an order and has not come since. (What a dispute made bad debt was given back twice: that is no debt of the customer's here.)
CREATE FUNCTION unrecovered(customer uuid, of_order uuid) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(sum(CASE WHEN p.debit_account IN ('bad_debt', 'recoveries') THEN p.amount ELSE -p.amount END), 0)::bigint
    FROM posting p
    WHERE p.customer_id = customer AND p.order_id = of_order
      AND ('recoveries' IN (p.debit_account, p.credit_account) OR p.kind = 'change' AND 'bad_debt' IN (p.debit_account, p.credit_account))
$$;

-- What a payment has brought of what was written off, and nobody has taken back since.
CREATE FUNCTION recovered_by(customer uuid, payment uuid) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(sum(CASE p.credit_account WHEN 'recoveries' THEN p.amount ELSE -p.amount END), 0)::bigint
    FROM posting p WHERE p.customer_id = customer AND p.payment_id = payment AND 'recoveries' IN (p.debit_account, p.credit_account)
$$;

-- What had stayed as credit is canceled with the payment that was recorded by mistake.
CREATE OR REPLACE FUNCTION refund_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending' THEN new IN ('succeeded', 'failed', 'canceled')
                    WHEN 'succeeded' THEN new IN ('failed', 'canceled')
                    WHEN 'failed' THEN new IN ('pending', 'succeeded', 'canceled')
                    ELSE false END;
END $$;

-- Who is told of a refund is told where it went.
CREATE OR REPLACE FUNCTION refund_told(r refund) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('refund_id', r.id, 'payment_id', r.payment_id, 'order_id', r.order_id, 'customer_id', r.customer_id, 'amount', r.amount,
                              'currency', r.currency, 'kind', r.reason, 'to', coalesce(r.paid_from, r.destination))
$$;
