-- A payment its customer disputes at their bank: the provider withholds the money until it is decided. inquiry: the bank only asks, nothing is withheld.
-- reopened: of one that was lost, what is owed again for it; the rest is the shop's loss. transactions: how many of the provider's fee was read from.
CREATE FUNCTION dispute_state(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('needs_response', 'under_review', 'won', 'lost');
END $$;
CREATE TABLE dispute (
    id                 uuid PRIMARY KEY,
    payment_id         uuid NOT NULL REFERENCES payment,
    order_id           uuid NOT NULL,
    customer_id        uuid NOT NULL,
    provider           text NOT NULL,
    provider_reference text NOT NULL,
    amount             bigint NOT NULL CHECK (amount > 0),
    currency           char(3) NOT NULL,
    reason             text NOT NULL,
    inquiry            boolean NOT NULL,
    status             text NOT NULL CONSTRAINT dispute_status CHECK (dispute_state(status)),
    withheld           boolean NOT NULL,
    fee                bigint NOT NULL DEFAULT 0,
    transactions       int NOT NULL DEFAULT 0,
    reopened           bigint NOT NULL DEFAULT 0 CHECK (reopened BETWEEN 0 AND amount),
    evidence           jsonb,
    evidence_due_at    timestamptz,
    evidence_version   int NOT NULL DEFAULT 0,
    evidence_status    text CHECK (evidence_status IN ('sending', 'sent', 'refused')),
    opened_at          timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    closed_at          timestamptz,
    CONSTRAINT dispute_of_provider UNIQUE (provider, provider_reference),
    CONSTRAINT dispute_closed CHECK ((status IN ('won', 'lost')) = (closed_at IS NOT NULL))
);
CREATE INDEX dispute_newest ON dispute (opened_at DESC, id DESC);
CREATE INDEX dispute_payment ON dispute (payment_id);

CREATE FUNCTION dispute_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN old IN ('needs_response', 'under_review');
END $$;
CREATE TRIGGER dispute_transition BEFORE UPDATE OF status ON dispute FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT dispute_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

-- What is disputed of an order now: it is not charged automatically, and nothing is charged for being late.
ALTER TABLE order_account ADD COLUMN disputed bigint NOT NULL DEFAULT 0;
GRANT UPDATE (disputed) ON order_account TO {{app}};

-- The API's dispute.
CREATE FUNCTION dispute_body(d dispute) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', d.id, 'payment_id', d.payment_id, 'order_id', d.order_id, 'customer_id', d.customer_id, 'provider', d.provider, 'status', d.status,
        'amount', d.amount, 'currency', d.currency, 'reason', d.reason, 'inquiry', d.inquiry, 'withheld', d.withheld AND d.status NOT IN ('won', 'lost'),
        'fee', d.fee, 'reopened', d.reopened, 'evidence', d.evidence, 'evidence_status', d.evidence_status, 'evidence_due_at', d.evidence_due_at,
        'opened_at', d.opened_at, 'updated_at', d.updated_at, 'closed_at', d.closed_at)
$$;
