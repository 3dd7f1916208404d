-- Changes after the sale: computed, shown, confirmed as shown. A row of contract_change is what was asked, what it comes to, what billing is asked to book and the plan
-- that follows; only its state moves. Each that billing has applied makes a version of the schedule; those before it stay.

CREATE FUNCTION contract_change_state(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('computed', 'confirming', 'awaiting_payment', 'confirmed', 'refused', 'lapsed', 'canceled');
END $$;

CREATE TABLE contract_change (
    id               uuid PRIMARY KEY,
    contract_id      uuid NOT NULL,
    order_id         uuid NOT NULL,
    customer_id      uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('payoff', 'prepayment', 'reschedule', 'refinance', 'due_day', 'skip', 'return', 'cancellation',
                                                   'withdrawal', 'acceleration', 'write_off', 'restore')),
    status           text NOT NULL CHECK (contract_change_state(status)),
    version          int NOT NULL DEFAULT 1,       -- counts the states it was in: what If-Match names
    as_of            date NOT NULL,
    reason           text NOT NULL,
    request          jsonb NOT NULL,               -- as it was asked
    result           jsonb NOT NULL,               -- as it was shown, with all rows of the version it makes
    posting          json,                         -- what billing is asked; NULL: nothing changes
    plan             json NOT NULL,                -- of the engine, once it is applied
    base_version     int NOT NULL,                 -- computed from this version of the schedule
    base_revision    text NOT NULL,                -- and this state of billing's account
    schedule_version int,                          -- what it made
    pay_number       int,                          -- the row that has to be paid by as_of, or the change is undone
    undoes           uuid,                         -- of a restore: which one
    requested_by     uuid,                         -- NULL: by itself
    requested_as     text NOT NULL CHECK (requested_as IN ('customer', 'staff', 'system')),
    confirmed_by     uuid,
    refusal          text,                         -- why billing did not apply it
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,         -- to be confirmed before
    confirmed_at     timestamptz,
    ended_at         timestamptz
);
CREATE INDEX contract_change_contract ON contract_change (contract_id, id);
-- One at a time, and none while another waits to be paid.
CREATE UNIQUE INDEX contract_change_under_way ON contract_change (contract_id) WHERE status = 'confirming';
CREATE UNIQUE INDEX contract_change_unpaid ON contract_change (contract_id) WHERE status = 'awaiting_payment';
CREATE UNIQUE INDEX contract_change_schedule ON contract_change (contract_id, schedule_version) WHERE schedule_version IS NOT NULL;

CREATE FUNCTION contract_change_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'computed' THEN new IN ('confirming', 'confirmed', 'canceled')
                    WHEN 'confirming' THEN new IN ('confirmed', 'awaiting_payment', 'refused')
                    WHEN 'awaiting_payment' THEN new IN ('confirmed', 'lapsed')
                    ELSE false END;
END $$;
CREATE TRIGGER contract_change_transition BEFORE UPDATE OF status ON contract_change FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT contract_change_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

REVOKE UPDATE, DELETE, TRUNCATE ON contract_change FROM {{app}};
GRANT UPDATE (status, version, schedule_version, confirmed_by, refusal, confirmed_at, ended_at) ON contract_change TO {{app}};

-- What is not confirmed in time is not confirmed any more, whatever its row says.
CREATE FUNCTION contract_change_body(c contract_change, at timestamptz) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id, 'contract_id', c.contract_id, 'order_id', c.order_id, 'kind', c.kind,
        'status', CASE WHEN c.status = 'computed' AND c.expires_at <= at THEN 'expired' ELSE c.status END, 'version', c.version, 'as_of', c.as_of,
        'reason', c.reason, 'request', c.request, 'result', c.result, 'base_schedule_version', c.base_version,
        'schedule_version', c.schedule_version, 'requested_as', c.requested_as, 'requested_by', c.requested_by, 'confirmed_by', c.confirmed_by,
        'refusal', c.refusal, 'undoes', c.undoes, 'created_at', c.created_at, 'expires_at', c.expires_at, 'confirmed_at', c.confirmed_at,
        'ended_at', c.ended_at)
$$;
