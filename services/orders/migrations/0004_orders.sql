-- Orders, the contracts they make and the agreed schedules. What was agreed never changes: the service may only update the
-- columns that follow events. Three machines, each with one function that knows its allowed changes; updates ask it, and a trigger
-- refuses whatever slipped past.

CREATE FUNCTION refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% may not go from % to %', TG_TABLE_NAME, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_transition';
END $$;

CREATE TABLE sales_order (
    id             uuid PRIMARY KEY,
    customer_id    uuid NOT NULL,
    status         text NOT NULL CHECK (status IN ('draft', 'pending_payment', 'confirmed', 'completed', 'canceled', 'expired')),
    cart_id        uuid NOT NULL CONSTRAINT sales_order_cart_key UNIQUE,
    contract_id    uuid NOT NULL,
    reservation_id uuid NOT NULL,
    currency       char(3) NOT NULL,
    goods_total    bigint NOT NULL CHECK (goods_total > 0),
    total_payable  bigint NOT NULL CHECK (total_payable >= goods_total),
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,          -- unpaid until then: given up
    confirmed_at   timestamptz,
    closed_at      timestamptz                    -- expired or canceled
);
-- Ids are made in the order of time, so each list is one index walked backwards.
CREATE INDEX sales_order_customer ON sales_order (customer_id, id);
CREATE INDEX sales_order_customer_status ON sales_order (customer_id, status, id);
CREATE INDEX sales_order_status ON sales_order (status, id);

CREATE FUNCTION sales_order_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (old, new) IN (('draft', 'pending_payment'), ('draft', 'canceled'),
                          ('pending_payment', 'confirmed'), ('pending_payment', 'expired'), ('pending_payment', 'canceled'),
                          ('confirmed', 'completed'), ('confirmed', 'canceled'));
CREATE TRIGGER sales_order_transition BEFORE UPDATE OF status ON sales_order FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT sales_order_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

-- Lines, contracts and installments are written by the statement that places the order, and nobody may delete any: foreign keys
-- among them, or to the few rows of plan and terms, would only cost each order a check a row and make buyers queue.
CREATE TABLE order_line (
    order_id   uuid NOT NULL,
    number     int NOT NULL CHECK (number >= 1),
    product_id uuid NOT NULL,
    sku        text NOT NULL,
    name       text NOT NULL,
    kind       text NOT NULL,
    category   text,
    quantity   bigint NOT NULL CHECK (quantity > 0),
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    line_total bigint NOT NULL,
    PRIMARY KEY (order_id, number),
    CONSTRAINT order_line_adds_up CHECK (line_total = unit_price * quantity)
);

CREATE TABLE contract (
    id                    uuid PRIMARY KEY,
    order_id              uuid NOT NULL CONSTRAINT contract_order_key UNIQUE,
    customer_id           uuid NOT NULL,
    status                text NOT NULL
                          CHECK (status IN ('pending_signature', 'active', 'settled', 'defaulted', 'terminated', 'written_off')),
    schedule_version      int NOT NULL DEFAULT 1,  -- the one in force
    plan_id               uuid NOT NULL,
    plan_terms            jsonb NOT NULL,          -- as agreed, in the words of POST /v1/simulations
    currency              char(3) NOT NULL,
    deposit               bigint NOT NULL CHECK (deposit >= 0),
    amount_financed       bigint NOT NULL CHECK (amount_financed > 0),
    total_payable         bigint NOT NULL,
    apr_nominal           numeric,
    effective_annual_rate numeric,
    terms_version         text NOT NULL,
    terms_locale          text NOT NULL,
    terms_sha256          char(64) NOT NULL,       -- of the text that was accepted
    accepted_at           timestamptz NOT NULL,
    accepted_by           uuid NOT NULL,
    accepted_from         text,                    -- the network address, as the gateway saw it
    settled_at            timestamptz
);
CREATE INDEX contract_customer ON contract (customer_id, id);

-- Settled from pending_signature: paid in full before the word of the first payment came.
CREATE FUNCTION contract_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (old, new) IN (('pending_signature', 'active'), ('pending_signature', 'settled'), ('pending_signature', 'terminated'),
                          ('active', 'settled'), ('active', 'defaulted'), ('active', 'terminated'), ('active', 'written_off'),
                          ('defaulted', 'active'), ('defaulted', 'settled'), ('defaulted', 'terminated'), ('defaulted', 'written_off'));
CREATE TRIGGER contract_transition BEFORE UPDATE OF status ON contract FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT contract_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

-- The agreed rows, a version each time the schedule is changed; number 0 is the deposit. status, paid, outstanding and dpd follow
-- billing's word on them, the latest by its own time.
CREATE TABLE installment (
    contract_id     uuid NOT NULL,
    version         int NOT NULL,
    number          int NOT NULL CHECK (number >= 0),
    customer_id     uuid NOT NULL,
    due_date        date NOT NULL,
    days            int NOT NULL CHECK (days >= 0),
    opening_balance bigint NOT NULL CHECK (opening_balance >= 0),
    principal       bigint NOT NULL CHECK (principal >= 0),
    interest        bigint NOT NULL CHECK (interest >= 0),
    fees            bigint NOT NULL CHECK (fees >= 0),
    tax             bigint NOT NULL CHECK (tax >= 0),
    total           bigint NOT NULL,
    closing_balance bigint NOT NULL CHECK (closing_balance >= 0),
    status          text NOT NULL DEFAULT 'scheduled'
                    CHECK (status IN ('scheduled', 'due', 'partially_paid', 'paid', 'overdue', 'rescheduled', 'waived', 'written_off', 'canceled')),
    paid            bigint NOT NULL DEFAULT 0 CHECK (paid >= 0),
    outstanding     bigint NOT NULL CHECK (outstanding >= 0),
    dpd             int NOT NULL DEFAULT 0 CHECK (dpd >= 0),
    told_at         timestamptz,                   -- when what billing last said happened
    PRIMARY KEY (contract_id, version, number),
    CONSTRAINT installment_adds_up CHECK (total = principal + interest + fees + tax),
    CONSTRAINT installment_chains CHECK (closing_balance = opening_balance - principal)
);

-- Among the first five billing decides; the others are for good.
CREATE FUNCTION installment_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN old IN ('scheduled', 'due', 'partially_paid', 'paid', 'overdue');
CREATE TRIGGER installment_transition BEFORE UPDATE OF status ON installment FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT installment_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

REVOKE UPDATE, DELETE, TRUNCATE ON sales_order, order_line, contract, installment FROM {{app}};
GRANT UPDATE (status, expires_at, confirmed_at, closed_at) ON sales_order TO {{app}};
GRANT UPDATE (status, schedule_version, settled_at) ON contract TO {{app}};
GRANT UPDATE (status, paid, outstanding, dpd, told_at) ON installment TO {{app}};

-- Bodies of the API. Single expressions, so that PostgreSQL makes them part of the statement that uses them: a function with a query
-- in it would be planned anew by every statement.

CREATE FUNCTION contract_body(c contract) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object('id', c.id, 'status', c.status, 'schedule_version', c.schedule_version, 'offer_id', c.plan_id,
        'plan', c.plan_terms, 'deposit', c.deposit, 'amount_financed', c.amount_financed, 'total_payable', c.total_payable,
        'apr_nominal', c.apr_nominal::text, 'effective_annual_rate', c.effective_annual_rate::text,
        'acceptance', json_build_object('terms_version', c.terms_version, 'locale', c.terms_locale, 'terms_sha256', c.terms_sha256,
            'accepted_at', c.accepted_at, 'accepted_by', c.accepted_by, 'ip', c.accepted_from),
        'settled_at', c.settled_at);

CREATE FUNCTION order_body(o sales_order, c contract, lines json) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object('id', o.id, 'status', o.status, 'customer_id', o.customer_id, 'contract_id', o.contract_id,
        'cart_id', o.cart_id, 'currency', o.currency, 'goods_total', o.goods_total, 'total_payable', o.total_payable, 'lines', lines,
        'contract', contract_body(c), 'created_at', o.created_at, 'expires_at', o.expires_at, 'confirmed_at', o.confirmed_at,
        'closed_at', o.closed_at);

CREATE FUNCTION order_line_body(l order_line) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object('product_id', l.product_id, 'sku', l.sku, 'name', l.name, 'kind', l.kind, 'category', l.category,
        'quantity', l.quantity, 'unit_price', l.unit_price, 'line_total', l.line_total);
