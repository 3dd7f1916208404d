-- What balances and reports are added up from, so that they need not read the whole ledger: postings folded into sums, by the close of each day. Nothing is paid
-- for it by who posts. A lane's positions have no gaps and are visible in their order, so what was folded is told by one position a lane; what came
-- later, whatever day it is for, is added to the sums by whoever reads them.
CREATE TABLE ledger_sum (
    recorded_on    date NOT NULL,      -- in UTC: balances as known at an instant are whole days of these, and one day of postings
    effective_on   date NOT NULL,
    kind           text NOT NULL,
    debit_account  text NOT NULL,
    credit_account text NOT NULL,
    currency       char(3) NOT NULL,
    amount         bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (recorded_on, effective_on, kind, debit_account, credit_account, currency)
) WITH (fillfactor = 70);
REVOKE DELETE, TRUNCATE ON ledger_sum FROM {{app}};

-- Each fold: the postings of a lane after one position up to another, and between which instants they were recorded.
CREATE TABLE ledger_fold (
    lane          smallint NOT NULL,
    after         bigint NOT NULL,
    upto          bigint NOT NULL CHECK (upto > after),
    recorded_from timestamptz NOT NULL,
    recorded_to   timestamptz NOT NULL,
    PRIMARY KEY (lane, after)
);
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_fold FROM {{app}};

CREATE VIEW ledger_folded AS
SELECT h.lane, coalesce((SELECT f.upto FROM ledger_fold f WHERE f.lane = h.lane ORDER BY f.after DESC LIMIT 1), 0) AS upto FROM ledger_head h;

CREATE FUNCTION recorded_day(at timestamptz) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (at AT TIME ZONE 'UTC')::date;

-- All of the ledger, as it is now, in few rows.
CREATE VIEW ledger_flow AS
SELECT effective_on, kind, debit_account, credit_account, currency, amount FROM ledger_sum
UNION ALL
SELECT p.effective_on, p.kind, p.debit_account, p.credit_account, p.currency, p.amount
FROM ledger_folded f CROSS JOIN LATERAL (SELECT * FROM posting n WHERE n.lane = f.lane AND n.position > f.upto OFFSET 0) AS p;   -- by the chain: no other index is tried

-- The side an account grows on.
CREATE FUNCTION normal_side(a ledger_account) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN a.class IN ('asset', 'expense') OR a.code = 'sales_returns' THEN 'debit' ELSE 'credit' END
$$;
