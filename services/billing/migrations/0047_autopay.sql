-- The day whose close has made an automatic payment; and how far that day has come.
ALTER TABLE payment ADD COLUMN autopay_on date;
CREATE TABLE autopay_run (
    run_on     date PRIMARY KEY,
    started_at timestamptz NOT NULL,
    planned_at timestamptz       -- since when all its payments are made; NULL: not yet
);

-- What to do about a decline, as a payment says it.
CREATE FUNCTION decline_advice(decline_kind text, failure_code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE decline_kind WHEN 'soft' THEN 'retry_later' WHEN 'action' THEN 'authenticate'
                             WHEN 'hard' THEN CASE failure_code WHEN 'card_declined' THEN 'do_not_retry' ELSE 'update_method' END END
$$;
CREATE OR REPLACE FUNCTION payment_body(p payment, refunded numeric) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', p.id, 'status', p.status, 'amount', p.amount, 'currency', p.currency, 'order_id', p.order_id, 'customer_id', p.customer_id,
        'source', p.source, 'provider', p.provider, 'brand', p.brand, 'last4', p.last4, 'refunded', refunded,
        'failure_code', p.failure_code, 'decline_kind', p.decline_kind, 'advice', decline_advice(p.decline_kind, p.failure_code),
        'next_action', CASE WHEN p.status = 'requires_action'
                            THEN json_build_object('type', p.next_action_type, 'url', p.next_action_url) END,
        'created_at', p.created_at, 'completed_at', p.completed_at)
$$;

-- When the next turn of an automatic charge at a provider is, by the database's clock; several processes take turns from it.
CREATE TABLE autopay_pace (
    provider text PRIMARY KEY,
    next_at  timestamptz NOT NULL
);
