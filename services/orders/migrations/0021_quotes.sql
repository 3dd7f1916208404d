-- Quotes: what staff offers one customer at prices and terms of its own. A version never changes. An approved one has a cart with the quote's id, which nobody can fill:
-- accepting it orders that cart as any other, so a quote is ordered once and what is withdrawn meanwhile is not.
CREATE TABLE quote (
    id               uuid PRIMARY KEY,
    customer_id      uuid NOT NULL,
    status           text NOT NULL CHECK (status IN ('draft', 'approved', 'void')),
    version          int NOT NULL DEFAULT 1,
    approved_version int,                            -- the last one that was: its customer sees it
    reason           text,                           -- of the last decision
    decided_at       timestamptz,
    decided_by       uuid,
    created_at       timestamptz NOT NULL,
    created_by       uuid NOT NULL
);
CREATE INDEX quote_customer ON quote (customer_id, id);
REVOKE UPDATE, DELETE, TRUNCATE ON quote FROM {{app}};
GRANT UPDATE (status, version, approved_version, reason, decided_at, decided_by) ON quote TO {{app}};

CREATE TABLE quote_version (
    quote_id      uuid NOT NULL REFERENCES quote,
    version       int NOT NULL,
    currency      char(3) NOT NULL,
    lines         jsonb NOT NULL,
    offer_id      uuid NOT NULL,
    plan_id       uuid NOT NULL,
    plan_version  int NOT NULL,
    request       jsonb NOT NULL,                    -- the terms, in the words of POST /v1/simulations, without a start
    deposit_rules jsonb NOT NULL,
    release       jsonb,
    offer         jsonb NOT NULL,                    -- what they came to on the day it was made
    note          text,
    expires_at    timestamptz NOT NULL,
    made_at       timestamptz NOT NULL,
    made_by       uuid NOT NULL,
    PRIMARY KEY (quote_id, version)
);
REVOKE UPDATE, DELETE, TRUNCATE ON quote_version FROM {{app}};

CREATE FUNCTION quote_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'draft' THEN new IN ('approved', 'void') WHEN 'approved' THEN new IN ('draft', 'void') ELSE false END;
END $$;
CREATE TRIGGER quote_transition BEFORE UPDATE OF status ON quote FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT quote_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

ALTER TABLE cart ADD COLUMN quote_version int;

CREATE OR REPLACE FUNCTION cart_problem(c cart, at timestamptz, added_currency text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN c.merged_into IS NOT NULL THEN 'cart_merged' WHEN c.quote_version IS NOT NULL THEN 'cart_quoted' WHEN c.status = 'ordered' THEN 'cart_already_ordered'
                WHEN c.expires_at <= at THEN 'cart_expired' WHEN c.currency <> added_currency THEN 'mixed_currencies' ELSE 'conflict' END
$$;

-- ordered: what its cart became.
CREATE FUNCTION quote_status(q quote, v quote_version, ordered uuid, at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ordered IS NOT NULL THEN 'converted' WHEN q.status = 'approved' AND v.expires_at <= at THEN 'expired' ELSE q.status END
$$;

CREATE FUNCTION quote_body(q quote, v quote_version, ordered uuid, at timestamptz) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', q.id, 'customer_id', q.customer_id, 'status', quote_status(q, v, ordered, at), 'version', v.version, 'currency', v.currency,
        'lines', v.lines, 'total', cart_total(v.lines), 'offer', v.offer, 'note', v.note, 'valid_until', v.expires_at, 'order_id', ordered, 'reason', q.reason,
        'decided_at', q.decided_at, 'decided_by', q.decided_by, 'created_at', q.created_at, 'created_by', q.created_by, 'made_at', v.made_at, 'made_by', v.made_by)
$$;
