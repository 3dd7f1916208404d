-- Money that came past every provider: in cash, by bank transfer, at a slip's counter. Staff record it, once a reference; what it pays is a payment of the same id, or, as
-- long as nobody knows whose it is, nothing: unapplied. A mistake is taken back, never changed. source: what it was read from (a line of a bank's statement), once.
CREATE TABLE manual_payment (
    id              uuid PRIMARY KEY,
    order_id        uuid,
    customer_id     uuid,
    method          text NOT NULL CHECK (method IN ('cash', 'bank_transfer', 'slip')),
    reference       text NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    currency        char(3) NOT NULL,
    received_on     date NOT NULL,
    source          text,
    recorded_by     text NOT NULL,
    recorded_at     timestamptz NOT NULL,
    assigned_by     text,
    assigned_at     timestamptz,
    reversed_by     text,
    reversed_at     timestamptz,
    reversal_reason text,
    CONSTRAINT manual_payment_whose CHECK ((order_id IS NULL) = (customer_id IS NULL) AND (assigned_at IS NULL OR order_id IS NOT NULL))
);
CREATE UNIQUE INDEX manual_payment_reference ON manual_payment (method, reference) WHERE reversed_at IS NULL;
CREATE UNIQUE INDEX manual_payment_source ON manual_payment (source) WHERE reversed_at IS NULL;
CREATE INDEX manual_payment_newest ON manual_payment (recorded_at DESC, id DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON manual_payment FROM {{app}};
GRANT UPDATE (order_id, customer_id, assigned_by, assigned_at, reversed_by, reversed_at, reversal_reason) ON manual_payment TO {{app}};

-- Where its money is.
CREATE FUNCTION manual_till(method text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE method WHEN 'cash' THEN 'cash' ELSE 'bank' END;

-- reversed: what had been recorded was a mistake.
CREATE OR REPLACE FUNCTION payment_words(status text, source text, decline_kind text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('requires_payment_method', 'requires_action', 'processing', 'succeeded', 'failed', 'canceled', 'unknown', 'reversed')
       AND source IN ('checkout', 'autopay', 'link', 'manual') AND (decline_kind IS NULL OR decline_kind IN ('soft', 'hard', 'action'));
END $$;
CREATE OR REPLACE FUNCTION payment_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'requires_payment_method' THEN new IN ('processing', 'canceled')
                    WHEN 'processing' THEN new IN ('requires_action', 'succeeded', 'failed', 'canceled', 'unknown')
                    WHEN 'unknown' THEN new IN ('processing', 'requires_action', 'succeeded', 'failed', 'canceled')
                    WHEN 'requires_action' THEN new IN ('processing', 'succeeded', 'failed', 'canceled')
                    WHEN 'failed' THEN new = 'succeeded'
                    WHEN 'canceled' THEN new = 'succeeded'
                    WHEN 'succeeded' THEN new = 'reversed'
                    ELSE false END;
END $$;

-- canceled: the money had never come. What is to go back past every provider is paid out by hand: paid_from is where that money was, paid_reference what it went by.
ALTER TABLE refund
    ADD COLUMN paid_from text, ADD COLUMN paid_reference text, ADD COLUMN paid_by text,
    DROP CONSTRAINT refund_status_check,
    ADD CONSTRAINT refund_status CHECK (status IN ('pending', 'succeeded', 'failed', 'canceled')) NOT VALID;
CREATE OR REPLACE FUNCTION refund_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending' THEN new IN ('succeeded', 'failed', 'canceled')
                    WHEN 'succeeded' THEN new = 'failed'
                    WHEN 'failed' THEN new IN ('pending', 'succeeded', 'canceled')
                    ELSE false END;
END $$;

-- The API's.
CREATE FUNCTION manual_payment_status(m manual_payment) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN m.reversed_at IS NOT NULL THEN 'reversed' WHEN m.order_id IS NULL THEN 'unapplied' ELSE 'applied' END
$$;
CREATE FUNCTION manual_payment_body(m manual_payment) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', m.id, 'status', manual_payment_status(m), 'method', m.method, 'reference', m.reference, 'amount', m.amount, 'currency', m.currency,
        'received_on', m.received_on, 'order_id', m.order_id, 'customer_id', m.customer_id, 'payment_id', CASE WHEN m.order_id IS NOT NULL THEN m.id END,
        'recorded_by', m.recorded_by, 'recorded_at', m.recorded_at, 'assigned_by', m.assigned_by, 'assigned_at', m.assigned_at,
        'reversed_by', m.reversed_by, 'reversed_at', m.reversed_at, 'reversal_reason', m.reversal_reason)
$$;
CREATE OR REPLACE FUNCTION refund_body(r refund, for_staff boolean) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', r.id, 'payment_id', r.payment_id, 'order_id', r.order_id, 'customer_id', r.customer_id, 'amount', r.amount, 'currency', r.currency,
        'kind', r.reason, 'reason', CASE WHEN for_staff THEN r.note END, 'to', coalesce(r.paid_from, 'method'), 'status', r.status, 'attempt', r.attempt,
        'failure_code', r.failure_code, 'created_at', r.created_at, 'updated_at', r.updated_at)
$$;
