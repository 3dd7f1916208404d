-- What the shop's banks say of its accounts: statements as they were read from files, and their lines, each kept once however many files it stands in. A statement is known by
-- its file and its place there. A line is known by what it says (import_bank_statement.sql), so its id is that; what becomes of it is told by status.
CREATE TABLE bank_statement (
    id          uuid PRIMARY KEY,
    format      text NOT NULL CHECK (format IN ('camt053', 'csv', 'n43')),
    file        text NOT NULL,       -- SHA-256 of its bytes, and of how they were said to be read
    place       int NOT NULL,        -- in it, from 1
    account     text NOT NULL,
    currency    char(3) NOT NULL,
    reference   text,
    from_on     date,
    to_on       date,
    opening     bigint,
    closing     bigint,
    lines       int NOT NULL,        -- in the file; those nobody knew are its rows of bank_line
    imported_by text NOT NULL,
    imported_at timestamptz NOT NULL
);
CREATE INDEX bank_statement_newest ON bank_statement (imported_at DESC, id DESC);
CREATE INDEX bank_statement_file ON bank_statement (file);
REVOKE UPDATE, DELETE, TRUNCATE ON bank_statement FROM {{app}};

CREATE TABLE bank_line (
    id              uuid PRIMARY KEY,
    statement_id    uuid NOT NULL REFERENCES bank_statement,
    place           int NOT NULL,
    account         text NOT NULL,
    currency        char(3) NOT NULL,
    amount          bigint NOT NULL CHECK (amount <> 0),   -- what came in is above 0
    booked_on       date NOT NULL,
    value_on        date,
    reference       text,            -- what the payer wrote to be known by
    bank_reference  text,
    name            text,
    counter_account text,
    text            text,
    status          text NOT NULL DEFAULT 'unmatched' CONSTRAINT bank_line_status CHECK (status IN ('unmatched', 'proposed', 'matched', 'ignored'))
);
CREATE INDEX bank_line_statement ON bank_line (statement_id, status);
CREATE INDEX bank_line_newest ON bank_line (booked_on DESC, id DESC);
CREATE INDEX bank_line_open ON bank_line (booked_on DESC, id DESC) WHERE status IN ('unmatched', 'proposed');
REVOKE UPDATE, DELETE, TRUNCATE ON bank_line FROM {{app}};
GRANT UPDATE (status) ON bank_line TO {{app}};

CREATE FUNCTION bank_statement_body(s bank_statement) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', s.id, 'format', s.format, 'account', s.account, 'currency', s.currency, 'reference', s.reference, 'from', s.from_on, 'to', s.to_on,
        'opening_balance', s.opening, 'closing_balance', s.closing, 'lines', s.lines, 'new_lines', n.unmatched + n.proposed + n.matched + n.ignored,
        'unmatched', n.unmatched, 'proposed', n.proposed, 'matched', n.matched, 'ignored', n.ignored, 'imported_by', s.imported_by, 'imported_at', s.imported_at)
    FROM (SELECT count(*) FILTER (WHERE l.status = 'unmatched') AS unmatched, count(*) FILTER (WHERE l.status = 'proposed') AS proposed,
                 count(*) FILTER (WHERE l.status = 'matched') AS matched, count(*) FILTER (WHERE l.status = 'ignored') AS ignored
          FROM bank_line l WHERE l.statement_id = s.id) AS n
$$;
CREATE FUNCTION bank_line_body(l bank_line) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', l.id, 'statement_id', l.statement_id, 'account', l.account, 'currency', l.currency, 'amount', l.amount, 'booked_on', l.booked_on, 'value_on', l.value_on,
        'reference', l.reference, 'bank_reference', l.bank_reference, 'name', l.name, 'counterparty_account', l.counter_account, 'text', l.text, 'status', l.status)
$$;
