-- Invoices: gapless numbers per series. The counter's row is locked by the unit that issues, until it commits: a number is
-- used exactly when its invoice exists.
CREATE TABLE invoice_series (
    series      text PRIMARY KEY,
    next_number bigint NOT NULL CHECK (next_number > 0)
);
INSERT INTO invoice_series VALUES ('FV', 1);

CREATE TABLE invoice (
    id          uuid PRIMARY KEY,
    series      text NOT NULL REFERENCES invoice_series,
    number      bigint NOT NULL,
    order_id    uuid NOT NULL CONSTRAINT invoice_order_key UNIQUE REFERENCES order_account,
    customer_id uuid NOT NULL,
    currency    char(3) NOT NULL,
    total       bigint NOT NULL CHECK (total > 0),
    status      text NOT NULL CHECK (status IN ('draft', 'open', 'paid', 'void', 'uncollectible')),
    issued_on   date NOT NULL,
    issued_at   timestamptz NOT NULL,
    paid_at     timestamptz,
    CONSTRAINT invoice_number_key UNIQUE (series, number)
);
CREATE INDEX invoice_customer ON invoice (customer_id, issued_at DESC, id DESC);
CREATE INDEX invoice_issued ON invoice (issued_at DESC, id DESC);

CREATE FUNCTION invoice_may_become(old text, new text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (old, new) IN (('draft', 'open'), ('draft', 'void'), ('open', 'paid'), ('open', 'void'), ('open', 'uncollectible'));
CREATE TRIGGER invoice_transition BEFORE UPDATE OF status ON invoice FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT invoice_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

CREATE FUNCTION invoice_number_text(series text, number bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN series || '-' || lpad(number::text, 8, '0');
