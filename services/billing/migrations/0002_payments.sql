-- Payments, the methods they are made with, refunds, and the provider's events. Card numbers never come here: a method is
-- the provider's token for it.

CREATE TABLE provider_customer (
    customer_id uuid NOT NULL,
    provider    text NOT NULL,
    reference   text NOT NULL,
    PRIMARY KEY (customer_id, provider)
);

CREATE TABLE payment_method (
    id                 uuid PRIMARY KEY,
    customer_id        uuid NOT NULL,
    provider           text NOT NULL,
    provider_customer  text,
    token              text NOT NULL,
    provider_reference text,          -- of the set-up, when the customer still has to authenticate it
    brand              text,
    last4              text CHECK (length(last4) <= 4),
    exp_month          int,
    exp_year           int,
    status             text NOT NULL CHECK (status IN ('processing', 'requires_action', 'active', 'failed', 'declined')),
    failure_code       text,
    next_action_type   text,
    next_action_url    text,
    created_at         timestamptz NOT NULL,
    saved_at           timestamptz    -- since when it can be charged: the latest one is the customer's default
);
CREATE INDEX payment_method_customer ON payment_method (customer_id, created_at DESC, id DESC);
CREATE INDEX payment_method_default ON payment_method (customer_id, saved_at DESC, id DESC) WHERE saved_at IS NOT NULL;
-- A token that can be charged is saved once.
CREATE UNIQUE INDEX payment_method_token_key ON payment_method (provider, token) WHERE saved_at IS NOT NULL;

-- declined: the issuer refused it for good; autopay leaves it alone until it is saved again.
CREATE FUNCTION payment_method_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (old, new) IN (('processing', 'active'), ('processing', 'requires_action'), ('processing', 'failed'),
                          ('requires_action', 'active'), ('requires_action', 'failed'),
                          ('active', 'declined'), ('declined', 'active'));
CREATE TRIGGER payment_method_transition BEFORE UPDATE OF status ON payment_method FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT payment_method_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

CREATE TABLE payment (
    id                 uuid PRIMARY KEY,
    order_id           uuid NOT NULL REFERENCES order_account,
    contract_id        uuid NOT NULL,
    customer_id        uuid NOT NULL,
    amount             bigint NOT NULL CHECK (amount > 0),
    currency           char(3) NOT NULL,
    status             text NOT NULL
                       CHECK (status IN ('requires_payment_method', 'requires_action', 'processing', 'succeeded', 'failed', 'canceled', 'unknown')),
    source             text NOT NULL CHECK (source IN ('checkout', 'autopay', 'link')),
    provider           text NOT NULL,
    token              text NOT NULL,
    payment_method_id  uuid,                      -- a saved method, charged through the provider's customer
    save               boolean NOT NULL DEFAULT false,
    -- Autopay: autopay:<order>:<installment>:<attempt>. One try is one payment, whatever runs twice.
    attempt_key        text CONSTRAINT payment_attempt_key UNIQUE,
    installment_number int,
    attempt            int NOT NULL DEFAULT 1,
    provider_reference text,
    received           bigint,                    -- what the provider says it took
    brand              text,
    last4              text CHECK (length(last4) <= 4),
    failure_code       text,
    decline_kind       text CHECK (decline_kind IN ('soft', 'hard', 'action')),
    next_action_type   text,
    next_action_url    text,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    completed_at       timestamptz,
    CONSTRAINT payment_received CHECK (status <> 'succeeded' OR received > 0)
);
CREATE UNIQUE INDEX payment_provider_reference_key ON payment (provider, provider_reference);
CREATE INDEX payment_order ON payment (order_id, created_at DESC, id DESC);
CREATE INDEX payment_customer ON payment (customer_id, created_at DESC, id DESC);
CREATE INDEX payment_undecided ON payment (created_at) WHERE status IN ('processing', 'unknown');

-- succeeded is final. failed and canceled are too, except for the provider's word that it took the money after all: the
-- money is then accounted for (and given back where nothing was owed), never ignored.
CREATE FUNCTION payment_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (old, new) IN (
        ('requires_payment_method', 'processing'), ('requires_payment_method', 'canceled'),
        ('processing', 'requires_action'), ('processing', 'succeeded'), ('processing', 'failed'), ('processing', 'canceled'), ('processing', 'unknown'),
        ('unknown', 'processing'), ('unknown', 'requires_action'), ('unknown', 'succeeded'), ('unknown', 'failed'), ('unknown', 'canceled'),
        ('requires_action', 'processing'), ('requires_action', 'succeeded'), ('requires_action', 'failed'), ('requires_action', 'canceled'),
        ('failed', 'succeeded'), ('canceled', 'succeeded'));
CREATE TRIGGER payment_transition BEFORE UPDATE OF status ON payment FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT payment_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

CREATE FUNCTION payment_method_body(m payment_method, is_default boolean) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', m.id, 'customer_id', m.customer_id, 'status', m.status, 'provider', m.provider, 'brand', m.brand, 'last4', m.last4,
        'exp_month', m.exp_month, 'exp_year', m.exp_year, 'default', is_default, 'failure_code', m.failure_code,
        'next_action', CASE WHEN m.status = 'requires_action'
                            THEN json_build_object('type', m.next_action_type, 'url', m.next_action_url) END,
        'created_at', m.created_at);

-- Days from the first try of an installment to its next one, by the kind of decline; no row: no further try.
CREATE TABLE retry_calendar (
    decline_kind text NOT NULL,
    attempt      int NOT NULL,
    days         int NOT NULL CHECK (days > 0),
    PRIMARY KEY (decline_kind, attempt)
);
INSERT INTO retry_calendar VALUES ('soft', 1, 1), ('soft', 2, 3), ('soft', 3, 5);

CREATE TABLE refund (
    id                 uuid PRIMARY KEY,
    payment_id         uuid NOT NULL REFERENCES payment,
    order_id           uuid NOT NULL,
    customer_id        uuid NOT NULL,
    amount             bigint NOT NULL CHECK (amount > 0),
    currency           char(3) NOT NULL,
    reason             text NOT NULL CHECK (reason IN ('order_closed', 'excess')),
    status             text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    provider_reference text,
    failure_code       text,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL
);
CREATE UNIQUE INDEX refund_payment_key ON refund (payment_id, reason);

CREATE FUNCTION refund_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (old, new) IN (('pending', 'succeeded'), ('pending', 'failed'));
CREATE TRIGGER refund_transition BEFORE UPDATE OF status ON refund FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT refund_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

-- The API's payment.
CREATE FUNCTION payment_body(p payment) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object(
        'id', p.id, 'status', p.status, 'amount', p.amount, 'currency', p.currency, 'order_id', p.order_id, 'customer_id', p.customer_id,
        'source', p.source, 'provider', p.provider, 'brand', p.brand, 'last4', p.last4,
        'refunded', (SELECT coalesce(sum(r.amount), 0) FROM refund r WHERE r.payment_id = p.id AND r.status = 'succeeded'),
        'failure_code', p.failure_code, 'decline_kind', p.decline_kind,
        'next_action', CASE WHEN p.status = 'requires_action'
                            THEN json_build_object('type', p.next_action_type, 'url', p.next_action_url) END,
        'created_at', p.created_at, 'completed_at', p.completed_at);

-- The inbox of providers' events: what was signed, byte for byte, once.
CREATE TABLE webhook_event (
    id           uuid PRIMARY KEY,
    provider     text NOT NULL,
    event_id     text NOT NULL,
    type         text NOT NULL,
    payload      text NOT NULL,
    signature    text NOT NULL,
    received_at  timestamptz NOT NULL,
    verdict      text CHECK (verdict IN ('applied', 'ignored', 'refused')),   -- NULL: not acted on yet
    processed_at timestamptz,
    CONSTRAINT webhook_event_key UNIQUE (provider, event_id)
);
