-- Credit: what each customer owes and how they pay, kept here from what billing and collections tell; the policy that is held against it when an order is
-- placed; what a person decides.

-- One row a customer, so that two orders at once wait for each other and the second is judged with the first. exposure: what is owed in installments (without
-- deposits), {currency: amount}; of every contract in it, from its placing on. contracts: those not ended. overdue: {order: since when}. marks: what they did not keep to, for ever,
-- {id: open | cured | written_off | broken}; a key is written once and only goes on, so it matters neither how often nor in which order it is told.
CREATE TABLE credit_book (
    customer_id uuid PRIMARY KEY,
    exposure    jsonb NOT NULL DEFAULT '{}',
    contracts   int NOT NULL DEFAULT 0,
    overdue     jsonb NOT NULL DEFAULT '{}',
    marks       jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);

-- false: not in its customer's book yet; the program of before made it. The job fill_credit_book puts it in.
ALTER TABLE contract ADD COLUMN in_book boolean NOT NULL DEFAULT false;
GRANT UPDATE (in_book) ON contract TO {{app}};

CREATE FUNCTION credit_more(exposure jsonb, currency text, amount bigint) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN exposure || jsonb_build_object(currency, coalesce((exposure ->> currency)::bigint, 0) + amount);
END $$;

CREATE FUNCTION contract_ended(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('settled', 'terminated', 'written_off');
END $$;

-- What is owed in installments by a version of a schedule.
CREATE FUNCTION credit_owed(of_contract uuid, of_version int) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(outstanding), 0) FROM installment WHERE contract_id = of_contract AND version = of_version AND number > 0);
END $$;

CREATE FUNCTION credit_add(of_customer uuid, in_currency text, amount bigint, more_contracts int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credit_book AS b (customer_id, exposure, contracts) VALUES (of_customer, credit_more('{}', in_currency, amount), more_contracts)
    ON CONFLICT (customer_id) DO UPDATE SET exposure = credit_more(b.exposure, in_currency, amount), contracts = b.contracts + more_contracts;
END $$;

-- The book follows whatever changes what is owed, whoever changes it. The contract's lock keeps a change of the version in force, or its coming into the book, from
-- passing a change of a row: either sees the other's.
CREATE FUNCTION credit_follow_installments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved record;
    c contract;
BEGIN
    FOR moved IN
        SELECT n.contract_id, n.version, sum(n.outstanding - o.outstanding)::bigint AS amount
        FROM after n JOIN before o USING (contract_id, version, number)
        WHERE n.number > 0 AND n.outstanding <> o.outstanding
        GROUP BY n.contract_id, n.version
    LOOP
        SELECT * INTO c FROM contract WHERE id = moved.contract_id FOR SHARE;
        IF c.in_book AND c.schedule_version = moved.version THEN
            PERFORM credit_add(c.customer_id, c.currency, moved.amount, 0);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER installment_credit AFTER UPDATE ON installment REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION credit_follow_installments();

CREATE FUNCTION credit_follow_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint := 0;
BEGIN
    IF NOT NEW.in_book THEN
        RETURN NULL;
    END IF;
    IF OLD.in_book AND OLD.schedule_version = NEW.schedule_version THEN
        PERFORM credit_add(NEW.customer_id, NEW.currency, 0, contract_ended(OLD.status)::int - contract_ended(NEW.status)::int);
    ELSE
        IF OLD.in_book THEN
            before := credit_owed(OLD.id, OLD.schedule_version);
        END IF;
        PERFORM credit_add(NEW.customer_id, NEW.currency, credit_owed(NEW.id, NEW.schedule_version) - before,
                           (NOT contract_ended(NEW.status))::int - (OLD.in_book AND NOT contract_ended(OLD.status))::int);
    END IF;
    IF NEW.status = 'written_off' THEN
        UPDATE credit_book SET marks = marks || jsonb_build_object(NEW.id, 'written_off') WHERE customer_id = NEW.customer_id;
    END IF;
    IF NOT OLD.in_book THEN
        UPDATE credit_book SET overdue = overdue || jsonb_build_object(NEW.order_id, o.overdue_since)
        FROM sales_order o WHERE o.id = NEW.order_id AND o.overdue_since IS NOT NULL AND credit_book.customer_id = NEW.customer_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER contract_credit AFTER UPDATE ON contract FOR EACH ROW
    WHEN (OLD.in_book <> NEW.in_book OR OLD.schedule_version <> NEW.schedule_version OR OLD.status <> NEW.status)
    EXECUTE FUNCTION credit_follow_contract();

CREATE FUNCTION credit_follow_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credit_book AS b (customer_id, overdue)
    VALUES (NEW.customer_id, CASE WHEN NEW.overdue_since IS NULL THEN '{}' ELSE jsonb_build_object(NEW.id, NEW.overdue_since) END)
    ON CONFLICT (customer_id) DO UPDATE SET overdue = (b.overdue - NEW.id::text) || excluded.overdue;
    RETURN NULL;
END $$;
CREATE TRIGGER sales_order_credit AFTER UPDATE ON sales_order FOR EACH ROW
    WHEN (OLD.overdue_since IS DISTINCT FROM NEW.overdue_since)
    EXECUTE FUNCTION credit_follow_order();

-- A word on something the customer did not keep to. `open` is the first; what follows it stays.
CREATE FUNCTION credit_mark(of_customer uuid, what text, word text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credit_book AS b (customer_id, marks) VALUES (of_customer, jsonb_build_object(what, word))
    ON CONFLICT (customer_id) DO UPDATE SET marks = CASE word WHEN 'open' THEN excluded.marks || b.marks ELSE b.marks || excluded.marks END;
END $$;

-- What the book must say, from what it is made of; marks are only told.
CREATE VIEW credit_book_true AS
SELECT customer_id, coalesce(jsonb_object_agg(currency, owed) FILTER (WHERE owed <> 0), '{}') AS exposure, sum(contracts)::int AS contracts, (
    SELECT coalesce(jsonb_object_agg(o.id, o.overdue_since), '{}') FROM sales_order o WHERE o.customer_id = n.customer_id AND o.overdue_since IS NOT NULL) AS overdue
FROM (SELECT o.customer_id, o.currency, sum(credit_owed(c.id, c.schedule_version))::bigint AS owed, count(*) FILTER (WHERE NOT contract_ended(c.status)) AS contracts
      FROM sales_order o JOIN contract c ON c.order_id = o.id
      WHERE c.in_book GROUP BY o.customer_id, o.currency) AS n
GROUP BY customer_id;

-- For an operator: a row made anew. Whoever has changed it has committed when its lock is had, whoever has not will add what is not seen here.
CREATE FUNCTION credit_rebuild(of_customer uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM credit_book WHERE customer_id = of_customer FOR UPDATE;
    UPDATE credit_book b SET exposure = t.exposure, contracts = t.contracts, overdue = t.overdue
    FROM credit_book_true t WHERE b.customer_id = of_customer AND t.customer_id = of_customer;
END $$;

-- A row: contracts of before are to be counted. The first process that can takes it (begin_credit_book.sql); as a job the program of before would have it due and cannot run it.
CREATE TABLE credit_book_unfilled (since timestamptz NOT NULL);
INSERT INTO credit_book_unfilled VALUES (now());

-- The policy, a row for each time it was changed; none: everybody may order whatever they like.
CREATE TABLE credit_policy (
    version int PRIMARY KEY,
    policy  jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON credit_policy FROM {{app}};

CREATE FUNCTION credit_policy_body(p credit_policy) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT '{"max_dpd": null, "max_open_cases": null, "max_broken": null, "max_open_contracts": null}'::jsonb || p.policy
           || jsonb_build_object('version', p.version, 'changed_at', p.made_at, 'changed_by', p.made_by)
$$;

CREATE FUNCTION credit_limits(policy jsonb, in_currency text) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_path_query_first(policy, '$.limits[*] ? (@.currency == $of)', jsonb_build_object('of', in_currency));

-- How a customer pays: days past due of the oldest installment, cases open, times fallen far behind. Most have nothing to be counted, and a query for each costs.
CREATE FUNCTION credit_habits(b credit_book, today date, OUT dpd int, OUT open_cases int, OUT broken int) LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    dpd := 0;
    open_cases := 0;
    broken := 0;
    IF b.overdue <> '{}' THEN
        dpd := (SELECT greatest(today - min(since::date), 0) FROM jsonb_each_text(b.overdue) AS o(id, since));
    END IF;
    IF b.marks <> '{}' THEN
        SELECT count(*) FILTER (WHERE word = 'open'), count(*) INTO open_cases, broken FROM jsonb_each_text(b.marks) AS m(id, word);
    END IF;
END $$;

-- Why a book does not allow (more) credit, whatever the amount.
CREATE FUNCTION credit_faults(policy jsonb, contracts int, dpd int, open_cases int, broken int) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN array_remove(ARRAY[
        CASE WHEN dpd > (policy ->> 'max_dpd')::int THEN 'past_due' END,
        CASE WHEN open_cases > (policy ->> 'max_open_cases')::int THEN 'open_case' END,
        CASE WHEN broken > (policy ->> 'max_broken')::int THEN 'broken_promises' END,
        CASE WHEN contracts > (policy ->> 'max_open_contracts')::int THEN 'too_many_contracts' END], NULL);
END $$;

-- The decision on an order of `amount` (what is owed in installments), the book having it already. NULL: there is no policy.
CREATE FUNCTION credit_decide(of_version int, b credit_book, amount bigint, in_currency text, today date) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    p jsonb := (SELECT policy FROM credit_policy WHERE version = of_version);
    own jsonb := credit_limits(p, in_currency);
    owed bigint := coalesce((b.exposure ->> in_currency)::bigint, 0);
    habits record := credit_habits(b, today);
    reasons text[] := credit_faults(p, b.contracts, habits.dpd, habits.open_cases, habits.broken);
    approvals int := CASE WHEN amount > (own ->> 'two_approvers_above')::bigint THEN 2 WHEN amount > (own ->> 'review_above')::bigint THEN 1 ELSE 0 END;
BEGIN
    IF p IS NULL THEN
        RETURN NULL;
    END IF;
    IF owed > (own ->> 'max_exposure')::bigint THEN
        reasons := array_prepend('over_exposure', reasons);
    END IF;
    IF reasons = '{}' AND approvals > 0 THEN
        reasons := ARRAY[CASE approvals WHEN 1 THEN 'amount_over_review' ELSE 'amount_over_two_approvers' END];
    ELSIF reasons <> '{}' THEN
        approvals := 0;
    END IF;
    RETURN jsonb_build_object(
        'policy_version', of_version, 'outcome', CASE WHEN approvals > 0 THEN 'review' WHEN reasons <> '{}' THEN 'declined' ELSE 'approved' END,
        'reasons', to_jsonb(reasons), 'approvals_needed', approvals, 'review_hours', p -> 'review_hours', 'payment_hours', p -> 'payment_hours',
        'inputs', jsonb_build_object('currency', in_currency, 'amount', amount, 'exposure', owed - amount, 'max_exposure', own -> 'max_exposure',
            'contracts', b.contracts - 1, 'dpd', habits.dpd, 'open_cases', habits.open_cases, 'broken', habits.broken));
END $$;

-- The same where an order is being written: a refusal undoes all of it.
CREATE FUNCTION credit_place(of_version int, b credit_book, amount bigint, in_currency text, today date) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    decision jsonb := credit_decide(of_version, b, amount, in_currency, today);
BEGIN
    IF decision ->> 'outcome' = 'declined' THEN
        PERFORM cuotas_fail('credit_declined');
    END IF;
    RETURN decision;
END $$;

-- What a buyer is told of reasons: that somebody looks at it, not above which amount; how they paid, not what was said of it.
CREATE FUNCTION credit_shown(reasons jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF reasons = '[]' THEN
        RETURN reasons;
    END IF;
    RETURN (SELECT coalesce(jsonb_agg(DISTINCT CASE WHEN r LIKE 'amount_over_%' THEN 'manual_review' WHEN r = 'open_case' THEN 'past_due'
                                                    WHEN r = 'broken_promises' THEN 'payment_history' ELSE r END), '[]')
            FROM jsonb_array_elements_text(reasons) AS r);
END $$;

-- What the checkout has to know before it asks for stock: the policy in force, what may still be owed, up to which amount nobody has to look, and how long they may
-- take. All NULL without a policy.
CREATE FUNCTION credit_terms(of_customer uuid, in_currency text, today date)
RETURNS TABLE (credit_policy int, credit_room bigint, credit_refused boolean, credit_free bigint, credit_hours int) LANGUAGE plpgsql STABLE AS $$
DECLARE
    p record;
    b credit_book;
    own jsonb;
    habits record;
BEGIN
    SELECT version, policy INTO p FROM credit_policy ORDER BY version DESC LIMIT 1;
    IF p IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT * INTO b FROM credit_book WHERE customer_id = of_customer;
    b.contracts := coalesce(b.contracts, 0) + 1;   -- with the one to come
    own := credit_limits(p.policy, in_currency);
    habits := credit_habits(b, today);
    credit_policy := p.version;
    credit_room := (own ->> 'max_exposure')::bigint - coalesce((b.exposure ->> in_currency)::bigint, 0);
    credit_refused := credit_faults(p.policy, b.contracts, habits.dpd, habits.open_cases, habits.broken) <> '{}';
    credit_free := least((own ->> 'review_above')::bigint, (own ->> 'two_approvers_above')::bigint);
    credit_hours := (p.policy ->> 'review_hours')::int + (p.policy ->> 'payment_hours')::int;
    RETURN NEXT;
END $$;

-- The decision an order was placed on, never changed; NULL: there was no policy. cancel_reason: why it was canceled, where it never was confirmed.
ALTER TABLE sales_order ADD COLUMN credit jsonb, ADD COLUMN cancel_reason text;
GRANT UPDATE (cancel_reason) ON sales_order TO {{app}};

-- Carts that became no order.
CREATE TABLE credit_refusal (
    id          uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    cart_id     uuid NOT NULL,
    decision    jsonb NOT NULL,
    decided_at  timestamptz NOT NULL
);
CREATE INDEX credit_refusal_customer ON credit_refusal (customer_id, id);
REVOKE UPDATE, DELETE, TRUNCATE ON credit_refusal FROM {{app}};

CREATE FUNCTION credit_refusal_body(r credit_refusal) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', r.id, 'customer_id', r.customer_id, 'cart_id', r.cart_id, 'policy_version', r.decision -> 'policy_version',
                             'reasons', r.decision -> 'reasons', 'inputs', r.decision -> 'inputs', 'decided_at', r.decided_at)
$$;

-- Orders a person decides on; ids are in the order of time.
CREATE TABLE credit_review (
    order_id         uuid PRIMARY KEY,
    customer_id      uuid NOT NULL,
    status           text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'approved', 'declined', 'expired')),
    approvals_needed int NOT NULL CHECK (approvals_needed IN (1, 2)),
    expires_at       timestamptz NOT NULL,
    decided_at       timestamptz
);
CREATE INDEX credit_review_status ON credit_review (status, order_id);

CREATE FUNCTION credit_review_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN old = 'open' AND new IN ('approved', 'declined', 'expired');
END $$;
CREATE TRIGGER credit_review_transition BEFORE UPDATE OF status ON credit_review FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT credit_review_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

-- Who said what. Nobody speaks twice on one order: of two approvals each is another person's.
CREATE TABLE credit_vote (
    order_id uuid NOT NULL,
    by       text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('approve', 'decline')),
    reason   text NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (order_id, by)
);
REVOKE UPDATE, DELETE, TRUNCATE ON credit_review, credit_vote FROM {{app}};
GRANT UPDATE (status, decided_at) ON credit_review TO {{app}};

CREATE FUNCTION credit_votes(of_order uuid) RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('by', v.by, 'decision', v.decision, 'reason', v.reason, 'at', v.at) ORDER BY v.at, v.by), '[]')
            FROM credit_vote v WHERE v.order_id = of_order);
END $$;

CREATE FUNCTION credit_review_body(r credit_review, o sales_order, votes jsonb) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('order_id', r.order_id, 'customer_id', r.customer_id, 'status', r.status, 'approvals_needed', r.approvals_needed,
                             'total_payable', o.total_payable, 'policy_version', o.credit -> 'policy_version', 'reasons', o.credit -> 'reasons',
                             'inputs', o.credit -> 'inputs', 'votes', votes, 'created_at', o.created_at, 'expires_at', r.expires_at, 'decided_at', r.decided_at)
$$;

CREATE OR REPLACE FUNCTION order_body(o sales_order, c contract, lines json) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', o.id, 'status', o.status, 'fulfilment_status',
        CASE WHEN o.cancel_reason IS NULL THEN order_fulfilment(o.status, o.fulfilment_status, o.release) END,
        'customer_id', o.customer_id, 'contract_id', o.contract_id, 'cart_id', o.cart_id, 'currency', o.currency, 'goods_total', o.goods_total,
        'total_payable', o.total_payable, 'release', coalesce(o.release, '{"policy": "immediate"}'), 'lines', lines, 'contract', contract_body(c),
        'credit', CASE WHEN o.credit IS NOT NULL THEN json_build_object('outcome', o.credit -> 'outcome', 'reasons', credit_shown(o.credit -> 'reasons')) END,
        'created_at', o.created_at, 'expires_at', o.expires_at, 'confirmed_at', o.confirmed_at, 'closed_at', o.closed_at,
        'cancel_reason', o.cancel_reason, 'overdue_since', o.overdue_since)
$$;
