-- What customers owe: one account per order, one receivable per installment (number 0 is the deposit).
-- Money moves only in units that hold the account's row lock, so everything below it is consistent under that lock.

-- The one place that refuses a state change no state machine allows. Each table's trigger names its own function.
CREATE FUNCTION refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% may not go from % to %', TG_TABLE_NAME, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_transition';
END $$;

-- An instant as the part of a page's cursor that C can check.
CREATE FUNCTION cursor_time(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE TABLE order_account (
    order_id    uuid PRIMARY KEY,
    contract_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    currency    char(3) NOT NULL,
    total       bigint NOT NULL CHECK (total > 0),
    paid        bigint NOT NULL DEFAULT 0 CONSTRAINT order_account_paid CHECK (paid BETWEEN 0 AND total),
    -- The one payment that may be taking money now: a second charge cannot start before it is decided.
    in_flight   uuid,
    -- pending: nothing paid yet; active: confirmed by its first payment; settled: all paid; closed: given up before it was paid.
    status      text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'active', 'settled', 'closed')),
    placed_at   timestamptz NOT NULL,
    CONSTRAINT order_account_settled CHECK ((status = 'settled') = (paid = total))
);
CREATE INDEX order_account_customer ON order_account (customer_id, order_id);

CREATE FUNCTION order_account_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (old, new) IN (('pending', 'active'), ('pending', 'settled'), ('pending', 'closed'), ('active', 'settled'));
CREATE TRIGGER order_account_transition BEFORE UPDATE OF status ON order_account FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT order_account_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

CREATE TABLE installment (
    order_id         uuid NOT NULL REFERENCES order_account,
    number           int NOT NULL CHECK (number >= 0),
    customer_id      uuid NOT NULL,
    due_date         date NOT NULL,
    principal        bigint NOT NULL CHECK (principal >= 0),
    interest         bigint NOT NULL CHECK (interest >= 0),
    fees             bigint NOT NULL CHECK (fees >= 0),
    tax              bigint NOT NULL CHECK (tax >= 0),
    total            bigint NOT NULL,
    paid             bigint NOT NULL DEFAULT 0 CONSTRAINT installment_paid_range CHECK (paid BETWEEN 0 AND total),
    status           text NOT NULL DEFAULT 'scheduled'
                     CHECK (status IN ('scheduled', 'due', 'partially_paid', 'paid', 'overdue', 'rescheduled', 'waived', 'written_off', 'canceled')),
    -- Autopay: how often it was tried, since when, and the day of the next try (NULL: none).
    attempts         int NOT NULL DEFAULT 0,
    first_attempt_on date,
    next_attempt_on  date,
    reminded         boolean NOT NULL DEFAULT false,
    accrued          boolean NOT NULL DEFAULT false,
    PRIMARY KEY (order_id, number),
    CONSTRAINT installment_adds_up CHECK (total = principal + interest + fees + tax),
    CONSTRAINT installment_paid CHECK (status <> 'paid' OR paid = total)
);
-- One index for each step of the day's close; each starts with the date the step looks for.
CREATE INDEX installment_open ON installment (due_date, order_id, number) WHERE status IN ('scheduled', 'due', 'partially_paid');
CREATE INDEX installment_unaccrued ON installment (due_date, order_id, number)
    WHERE NOT accrued AND interest > 0 AND status <> 'canceled';
CREATE INDEX installment_autopay ON installment (next_attempt_on, order_id, number) WHERE next_attempt_on IS NOT NULL;
CREATE INDEX installment_customer_owing ON installment (customer_id) WHERE status IN ('due', 'partially_paid', 'overdue');

-- The state a receivable of a confirmed order is in: a function of what was paid and of the day.
CREATE FUNCTION installment_status(total bigint, paid bigint, due_date date, today date) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN paid >= total THEN 'paid'
                WHEN due_date < today THEN 'overdue'
                WHEN paid > 0 THEN 'partially_paid'
                WHEN due_date = today THEN 'due'
                ELSE 'scheduled' END;
CREATE FUNCTION installment_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (old, new) IN (
        ('scheduled', 'due'), ('scheduled', 'partially_paid'), ('scheduled', 'paid'), ('scheduled', 'overdue'), ('scheduled', 'canceled'),
        ('due', 'partially_paid'), ('due', 'paid'), ('due', 'overdue'),
        ('partially_paid', 'paid'), ('partially_paid', 'overdue'),
        ('overdue', 'paid'));
CREATE TRIGGER installment_transition BEFORE UPDATE OF status ON installment FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT installment_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();
