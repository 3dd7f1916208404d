-- Double entry: each posting moves one amount from its credit account to its debit account, so every set of postings
-- balances by construction. Append-only: the service has no right to change or delete one.
-- A domain, not a foreign key: the chart's few rows would be share-locked by every payment at once.
CREATE DOMAIN ledger_code AS text CHECK (VALUE IN ('receivable', 'cash_at_provider', 'customer_credit', 'deferred_interest',
                                                   'tax_payable', 'sales', 'fee_income', 'interest_income'));
CREATE TABLE ledger_account (
    code   ledger_code PRIMARY KEY,
    class  text NOT NULL CHECK (class IN ('asset', 'liability', 'revenue')),
    title  text NOT NULL
);
INSERT INTO ledger_account VALUES
    ('receivable', 'asset', 'Owed by customers'),
    ('cash_at_provider', 'asset', 'Taken by payment providers, not yet paid out'),
    ('customer_credit', 'liability', 'Owed to customers'),
    ('deferred_interest', 'liability', 'Interest agreed, not yet earned'),
    ('tax_payable', 'liability', 'Tax owed to the state'),
    ('sales', 'revenue', 'Sales at their cash price'),
    ('fee_income', 'revenue', 'Fees charged in the schedule'),
    ('interest_income', 'revenue', 'Interest earned');

CREATE TABLE posting (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id           uuid NOT NULL,
    line               int NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('sale', 'payment', 'interest', 'refund')),
    debit_account      ledger_code NOT NULL,
    credit_account     ledger_code NOT NULL,
    amount             bigint NOT NULL CHECK (amount > 0),
    currency           char(3) NOT NULL,
    customer_id        uuid NOT NULL,
    order_id           uuid NOT NULL,
    installment_number int,
    payment_id         uuid,
    effective_on       date NOT NULL,         -- the business day it counts for
    recorded_at        timestamptz NOT NULL,  -- when it was written
    CONSTRAINT posting_two_sides CHECK (debit_account <> credit_account),
    -- An entry is written once: the last line of defence against a double effect.
    CONSTRAINT posting_entry_key UNIQUE (entry_id, line)
);
CREATE INDEX posting_customer ON posting (customer_id, id);
CREATE INDEX posting_order ON posting (order_id, id);
REVOKE UPDATE, DELETE, TRUNCATE ON posting FROM {{app}};
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_account FROM {{app}};

-- An entry's id where no row of ours has one to lend: always the same for the same thing.
CREATE FUNCTION entry_id(what text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN md5(what)::uuid;

CREATE VIEW trial_balance AS
SELECT a.code::text AS account, a.class, side.currency,
       sum(side.debit)::bigint AS debit, sum(side.credit)::bigint AS credit, (sum(side.debit) - sum(side.credit))::bigint AS balance
FROM ledger_account a
CROSS JOIN LATERAL (
    SELECT p.currency, p.amount AS debit, 0::bigint AS credit FROM posting p WHERE p.debit_account = a.code
    UNION ALL
    SELECT p.currency, 0, p.amount FROM posting p WHERE p.credit_account = a.code
) AS side
GROUP BY a.code, a.class, side.currency;

-- What a customer sees of the ledger: what they owe (receivable) less what is owed to them (customer_credit), an entry a line.
CREATE VIEW statement_entry AS
SELECT max(p.id) AS position, p.entry_id, p.kind, p.customer_id, p.order_id, max(p.payment_id::text)::uuid AS payment_id, p.currency,
       max(p.effective_on) AS effective_on, max(p.recorded_at) AS recorded_at,
       sum(CASE WHEN p.debit_account IN ('receivable', 'customer_credit') THEN p.amount ELSE -p.amount END)::bigint AS amount
FROM posting p
WHERE (p.debit_account IN ('receivable', 'customer_credit')) <> (p.credit_account IN ('receivable', 'customer_credit'))
GROUP BY p.entry_id, p.kind, p.customer_id, p.order_id, p.currency;
