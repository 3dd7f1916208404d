-- What the shop forgives: asked for, and where it is over the limit of the policy decided by somebody else. Both for ever.
CREATE TABLE waiver (
    id          uuid PRIMARY KEY,
    order_id    uuid NOT NULL,
    number      int NOT NULL,
    customer_id uuid NOT NULL,
    currency    char(3) NOT NULL,
    part        text NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    reason      text NOT NULL,
    over_limit  boolean NOT NULL,      -- it waits for a decision; else it holds at once
    asked_by    text NOT NULL,
    asked_at    timestamptz NOT NULL
);
CREATE INDEX waiver_asked ON waiver (asked_at DESC, id DESC);
CREATE TABLE waiver_decision (
    waiver_id  uuid PRIMARY KEY,
    approved   boolean NOT NULL,
    reason     text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON waiver, waiver_decision FROM {{app}};

CREATE FUNCTION waiver_body(w waiver, d waiver_decision) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', w.id, 'order_id', w.order_id, 'number', w.number, 'customer_id', w.customer_id, 'part', w.part, 'amount', w.amount, 'currency', w.currency,
        'reason', w.reason, 'status', CASE WHEN NOT w.over_limit OR d.approved THEN 'applied' WHEN d.waiver_id IS NULL THEN 'pending' ELSE 'declined' END,
        'asked_by', w.asked_by, 'asked_at', w.asked_at, 'decided_by', d.decided_by, 'decided_at', d.decided_at, 'decision_reason', d.reason)
$$;

CREATE OR REPLACE FUNCTION receivables_policy_body(p receivables_policy) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (jsonb_build_object('version', p.version, 'valid_from', nullif(p.valid_from, '-infinity'), 'late', NULL, 'waiver_limits', '[]'::jsonb, 'changed_at', p.made_at,
                               'changed_by', p.made_by) || p.body)::json
$$;
