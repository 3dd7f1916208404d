-- The customer's credit pays orders (a payment whose provider is `credit`) and goes back by a payment's method (a refund of reason `credit`). What such a payment had
-- paid comes back as credit: destination says where a refund's money goes. NOT VALID: the check before let in less.
ALTER TABLE refund
    ADD COLUMN destination text NOT NULL DEFAULT 'method',
    DROP CONSTRAINT refund_reason,
    ADD CONSTRAINT refund_reason CHECK (reason IN ('order_closed', 'excess', 'change', 'requested', 'credit')
                                        AND (reason IN ('change', 'requested', 'credit')) = (change_id IS NOT NULL) AND destination IN ('method', 'credit')) NOT VALID;

CREATE OR REPLACE FUNCTION refund_body(r refund, for_staff boolean) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', r.id, 'payment_id', r.payment_id, 'order_id', r.order_id, 'customer_id', r.customer_id, 'amount', r.amount, 'currency', r.currency,
        'kind', r.reason, 'reason', CASE WHEN for_staff THEN r.note END, 'to', coalesce(r.paid_from, r.destination), 'status', r.status, 'attempt', r.attempt,
        'failure_code', r.failure_code, 'created_at', r.created_at, 'updated_at', r.updated_at)
$$;

CREATE FUNCTION refund_told(r refund) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('refund_id', r.id, 'payment_id', r.payment_id, 'order_id', r.order_id, 'customer_id', r.customer_id, 'amount', r.amount,
                              'currency', r.currency, 'kind', r.reason)
$$;

-- What the ledger owes a customer, and what of that is on its way to them: the rest can be used.
CREATE FUNCTION credit_of(customer uuid) RETURNS TABLE (currency text, balance bigint, on_its_way bigint) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT c.currency, sum(c.amount)::bigint, sum(c.going)::bigint FROM (
        SELECT p.currency::text, CASE WHEN p.credit_account = 'customer_credit' THEN p.amount ELSE -p.amount END AS amount, 0 AS going
        FROM posting p WHERE p.customer_id = customer AND (p.credit_account = 'customer_credit' OR p.debit_account = 'customer_credit')
        UNION ALL
        SELECT r.currency::text, 0, r.amount FROM refund r WHERE r.customer_id = customer AND r.status = 'pending' AND r.destination = 'method') AS c
    GROUP BY c.currency
$$;
