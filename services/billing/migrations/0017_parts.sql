-- What is owed is owed in parts, and so it is paid: each receivable knows of each part what is owed and what was paid of it, and `allocation` says what moved when and why.

-- penalty: late interest and late fees, 0 at first. paid_*: of each part; they add up to paid, but for what a version before this one wrote.
ALTER TABLE installment
    ADD COLUMN penalty bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_penalty bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_fees bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_interest bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_tax bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_principal bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT installment_sums,
    ADD CONSTRAINT installment_parts CHECK (total = principal + interest + carried + fees + tax + penalty AND least(carried, penalty) >= 0) NOT VALID;
GRANT UPDATE (penalty, paid_penalty, paid_fees, paid_interest, paid_tax, paid_principal) ON installment TO {{app}};
-- More is owed by new rows only, and by what it costs to be late.
CREATE OR REPLACE TRIGGER installment_grew BEFORE UPDATE OF total ON installment FOR EACH ROW
    WHEN (NEW.total - NEW.penalty > OLD.total - OLD.penalty) EXECUTE FUNCTION installment_grew();

-- A receivable's parts, in the order a shop that has said nothing takes them. What was paid before there were parts was paid in that order.
CREATE FUNCTION receivable_parts(i installment) RETURNS TABLE (place int, part text, owed bigint, paid bigint) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.place, p.part, p.owed,
           CASE WHEN i.paid = i.paid_penalty + i.paid_fees + i.paid_interest + i.paid_tax + i.paid_principal THEN p.paid
                ELSE greatest(least(p.owed, i.paid - p.before), 0) END
    FROM (VALUES (0, 'penalty', i.penalty, i.paid_penalty, 0::bigint),
                 (1, 'fees', i.fees, i.paid_fees, i.penalty),
                 (2, 'interest', i.interest + i.carried, i.paid_interest, i.penalty + i.fees),
                 (3, 'tax', i.tax, i.paid_tax, i.penalty + i.fees + i.interest + i.carried),
                 (4, 'principal', i.principal, i.paid_principal, i.penalty + i.fees + i.interest + i.carried + i.tax)) AS p(place, part, owed, paid, before)
$$;

CREATE FUNCTION allocation_words(kind text, part text, amount bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN kind IN ('payment', 'credit', 'change', 'reallocation', 'waiver', 'write_off')
       AND part IN ('penalty', 'fees', 'interest', 'tax', 'principal') AND amount <> 0;
END $$;
-- For ever, in the order it came. payment, credit, change and reallocation move what was paid of a part: less is a row below zero. waiver and write_off are what is not owed any more.
CREATE TABLE allocation (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    order_id     uuid NOT NULL,
    number       int NOT NULL,
    part         text NOT NULL,
    kind         text NOT NULL,
    amount       bigint NOT NULL,
    payment_id   uuid,
    entry_id     uuid NOT NULL,      -- in the ledger
    effective_on date NOT NULL,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (order_id, id),
    CONSTRAINT allocation_known CHECK (allocation_words(kind, part, amount))
);
REVOKE UPDATE, DELETE, TRUNCATE ON allocation FROM {{app}};

-- By how much a change changed what it costs to be late: what was owed of it and is given up.
ALTER TABLE receivable_change ADD COLUMN penalty bigint NOT NULL DEFAULT 0;

-- The shop's word on receivables, version by version.
CREATE TABLE receivables_policy (
    version  int PRIMARY KEY,
    body     jsonb NOT NULL,
    made_at  timestamptz,
    made_by  text
);
-- Of each version: how money of each kind is spread. ranks: of the fifteen of (past due, due, future) x (penalty, fees, interest, tax, principal) the place of each, from 0.
CREATE TABLE allocation_rule (
    transaction text NOT NULL,
    version     int NOT NULL,
    ranks       smallint[] NOT NULL CHECK (cardinality(ranks) = 15),
    vertical    boolean NOT NULL,
    last_first  boolean NOT NULL,    -- of what is not due yet the last installment first
    PRIMARY KEY (transaction, version)
);
REVOKE UPDATE, DELETE, TRUNCATE ON receivables_policy, allocation_rule FROM {{app}};

CREATE FUNCTION allocation_ranks(stages jsonb) RETURNS smallint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT array_agg((5 * (s.place - 1) + p.place - 1)::smallint
                             ORDER BY array_position(ARRAY['past_due', 'due', 'future'], s.stage ->> 'due'),
                                      array_position(ARRAY['penalty', 'fees', 'interest', 'tax', 'principal'], p.part))
            FROM jsonb_array_elements(stages) WITH ORDINALITY AS s(stage, place),
                 jsonb_array_elements_text(s.stage -> 'parts') WITH ORDINALITY AS p(part, place));
CREATE FUNCTION receivables_policy_body(p receivables_policy) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (jsonb_build_object('version', p.version, 'changed_at', p.made_at, 'changed_by', p.made_by) || p.body)::json
$$;

INSERT INTO receivables_policy (version, body)
SELECT 0, jsonb_build_object('allocation', jsonb_agg(jsonb_build_object(
    'transaction', t, 'processing', 'horizontal', 'future', 'next', 'order', jsonb_build_array(
        jsonb_build_object('due', 'past_due', 'parts', parts), jsonb_build_object('due', 'due', 'parts', parts), jsonb_build_object('due', 'future', 'parts', parts)))))
FROM unnest(ARRAY['payment', 'autopay', 'link', 'credit']) AS t, jsonb_build_array('penalty', 'fees', 'interest', 'tax', 'principal') AS parts;
INSERT INTO allocation_rule (transaction, version, ranks, vertical, last_first)
SELECT r ->> 'transaction', 0, allocation_ranks(r -> 'order'), false, false FROM receivables_policy, jsonb_array_elements(body -> 'allocation') AS r;

CREATE OR REPLACE FUNCTION account_row(i installment) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'number', i.number, 'due_date', i.due_date, 'principal', i.principal, 'interest', i.interest + i.carried, 'fees', i.fees, 'tax', i.tax,
        'penalty', i.penalty, 'total', i.total, 'paid', i.paid, 'paid_penalty', i.paid_penalty,
        'earned', i.carried + CASE WHEN i.accrued THEN i.interest ELSE 0 END, 'status', i.status, 'revision', i.revision)
$$;
-- A receivable as its customer sees it. moved: what allocations say of its parts.
CREATE FUNCTION receivable_body(i installment, today date) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'number', i.number, 'due_date', i.due_date, 'status', i.status, 'dpd', CASE WHEN i.paid < i.total THEN greatest(today - i.due_date, 0) ELSE 0 END,
        'total', i.total, 'paid', i.paid, 'outstanding', i.total - i.paid,
        'parts', (SELECT json_agg(json_build_object(
                             'part', p.part, 'due', p.owed + coalesce(a.waived, 0) + coalesce(a.written_off, 0), 'paid', p.paid, 'waived', coalesce(a.waived, 0),
                             'written_off', coalesce(a.written_off, 0), 'outstanding', p.owed - p.paid) ORDER BY p.place)
                  FROM receivable_parts(i) AS p
                  LEFT JOIN (SELECT m.part, sum(m.amount) FILTER (WHERE m.kind = 'waiver')::bigint AS waived,
                                    sum(m.amount) FILTER (WHERE m.kind = 'write_off')::bigint AS written_off
                             FROM allocation m WHERE m.order_id = i.order_id AND m.number = i.number AND m.kind IN ('waiver', 'write_off')
                             GROUP BY m.part) AS a USING (part)))
$$;
