-- What is agreed after a sale changes what is owed: rows of the schedule are replaced by others. A replaced row keeps what was paid of it, and no more.

-- changes: of the schedule, so far. With what was paid it names a state of the account: between two changes `paid` only grows.
ALTER TABLE order_account ADD COLUMN changes int NOT NULL DEFAULT 0;
-- An account that was confirmed is closed when everything sold was undone, and written_off when nothing more is expected.
CREATE OR REPLACE FUNCTION order_account_state(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('pending', 'active', 'settled', 'closed', 'written_off');
END $$;
CREATE OR REPLACE FUNCTION order_account_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending' THEN new IN ('active', 'settled', 'closed')
                    WHEN 'active' THEN new IN ('settled', 'closed', 'written_off')
                    WHEN 'settled' THEN new = 'closed'
                    ELSE false END;
END $$;
ALTER TABLE order_account
    DROP CONSTRAINT order_account_total_check, DROP CONSTRAINT order_account_settled,
    ADD CONSTRAINT order_account_ended CHECK ((status IN ('settled', 'written_off')) = (paid = total AND total > 0) AND (total > 0 OR status = 'closed'))
        NOT VALID;

-- carried: interest that a replaced row had earned before it was due here; `interest` is what is earned on the due date. Customers see their sum.
-- autopay: false for what is paid by its customer's own doing only.
ALTER TABLE installment
    ADD COLUMN carried bigint NOT NULL DEFAULT 0, ADD COLUMN autopay boolean NOT NULL DEFAULT true,
    DROP CONSTRAINT installment_adds_up,
    ADD CONSTRAINT installment_sums CHECK (total = principal + interest + carried + fees + tax AND carried >= 0) NOT VALID;
CREATE OR REPLACE FUNCTION installment_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'scheduled' THEN new IN ('due', 'partially_paid', 'paid', 'overdue', 'rescheduled', 'written_off', 'canceled')
                    WHEN 'due' THEN new IN ('partially_paid', 'paid', 'overdue', 'rescheduled', 'written_off', 'canceled')
                    WHEN 'partially_paid' THEN new IN ('paid', 'overdue', 'rescheduled', 'canceled')
                    WHEN 'overdue' THEN new IN ('paid', 'rescheduled', 'written_off', 'canceled')
                    WHEN 'paid' THEN new IN ('rescheduled', 'canceled')
                    ELSE false END;
END $$;
-- The version before this one, at work beside it, takes a row of which nothing is owed for paid: such a row stays as it is. Anything else is refused.
CREATE FUNCTION installment_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'paid' AND OLD.total = 0 AND OLD.status IN ('rescheduled', 'written_off', 'canceled') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% may not go from % to %', TG_TABLE_NAME, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'installment_transition';
END $$;
CREATE OR REPLACE TRIGGER installment_transition BEFORE UPDATE OF status ON installment FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT installment_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION installment_refuse();
-- More is owed by new rows only.
CREATE FUNCTION installment_grew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a receivable may not grow from % to %', OLD.total, NEW.total USING ERRCODE = 'check_violation', CONSTRAINT = 'installment_grew';
END $$;
CREATE TRIGGER installment_grew BEFORE UPDATE OF total ON installment FOR EACH ROW WHEN (NEW.total > OLD.total) EXECUTE FUNCTION installment_grew();
GRANT UPDATE (total, changes) ON order_account TO {{app}};
GRANT UPDATE (principal, interest, carried, fees, tax, total) ON installment TO {{app}};

-- NOT VALID for good: to read all postings again, which the check before this one let in, would keep writers waiting.
ALTER DOMAIN ledger_code DROP CONSTRAINT ledger_code_check;
ALTER DOMAIN ledger_code ADD CONSTRAINT ledger_code_known CHECK (VALUE IN (
    'receivable', 'cash_at_provider', 'customer_credit', 'deferred_interest', 'tax_payable', 'sales', 'sales_returns', 'fee_income', 'interest_income',
    'bad_debt')) NOT VALID;
ALTER TABLE ledger_account
    DROP CONSTRAINT ledger_account_class_check,
    ADD CONSTRAINT ledger_account_class CHECK (class IN ('asset', 'liability', 'revenue', 'expense')) NOT VALID;
INSERT INTO ledger_account VALUES
    ('sales_returns', 'revenue', 'Sales undone, at their cash price'),
    ('bad_debt', 'expense', 'Owed, and not expected any more');
CREATE OR REPLACE FUNCTION posting_kind(kind text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN kind IN ('sale', 'payment', 'interest', 'refund', 'change');
END $$;

-- A change may give back of several payments, and of one payment several changes may.
ALTER TABLE refund
    ADD COLUMN change_id uuid,
    DROP CONSTRAINT refund_reason_check,
    ADD CONSTRAINT refund_reason CHECK (reason IN ('order_closed', 'excess', 'change') AND (reason = 'change') = (change_id IS NOT NULL)) NOT VALID;

-- What was changed, why, and what stood before and after; for ever. after is also the answer to whoever asks again.
CREATE TABLE receivable_change (
    change_id   uuid PRIMARY KEY,
    order_id    uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('payoff', 'prepayment', 'reschedule', 'refinance', 'due_day', 'skip', 'return', 'cancellation', 'withdrawal',
                                              'acceleration', 'write_off', 'restore')),
    reason      text NOT NULL,
    request     jsonb NOT NULL,
    before      json NOT NULL,
    after       json NOT NULL,
    -- By how much each part of the account changed. Of the interest: what was not earned yet, and what was.
    principal   bigint NOT NULL CHECK (principal <= 0),
    interest    bigint NOT NULL,
    earned      bigint NOT NULL CHECK (earned <= 0),
    fees        bigint NOT NULL,
    tax         bigint NOT NULL,
    refund      bigint NOT NULL CHECK (refund >= 0),
    recorded_on date NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX receivable_change_order ON receivable_change (order_id, recorded_at);
REVOKE UPDATE, DELETE, TRUNCATE ON receivable_change FROM {{app}};

-- The API's account and its rows.
CREATE FUNCTION account_row(i installment) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'number', i.number, 'due_date', i.due_date, 'principal', i.principal, 'interest', i.interest + i.carried, 'fees', i.fees, 'tax', i.tax,
        'total', i.total, 'paid', i.paid, 'earned', i.carried + CASE WHEN i.accrued THEN i.interest ELSE 0 END, 'status', i.status,
        'revision', i.revision)
$$;
CREATE FUNCTION account_body(a order_account, installments json) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'order_id', a.order_id, 'currency', a.currency, 'account_revision', a.changes || '-' || a.paid, 'status', a.status, 'total', a.total,
        'paid', a.paid, 'payment_in_progress', a.in_flight IS NOT NULL, 'installments', installments)
$$;
