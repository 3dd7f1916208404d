-- What an invoice says, and the notes that correct one. Nothing here is on the way of a payment but the number: an invoice is its order's sale, which is kept for
-- ever as orders told it, and its document is made and kept when it is first read.

-- What was sold and agreed, as order.placed had it. No row: the order was placed before this was kept.
CREATE TABLE order_sale (
    order_id        uuid PRIMARY KEY,
    lines           json NOT NULL,
    terms           json NOT NULL,      -- the rows of the schedule
    tax_on_interest numeric,            -- fractions; NULL: the plan taxes none
    tax_on_fees     numeric
);
REVOKE UPDATE, DELETE, TRUNCATE ON order_sale FROM {{app}};

-- Taxes of goods in percent, a row for each time the shop changed them; none: no tax. Prices have the tax in them. An invoice is by the one in force when it was issued.
CREATE TABLE invoice_policy (
    version   int PRIMARY KEY,
    tax_rate  numeric NOT NULL CHECK (tax_rate BETWEEN 0 AND 100),
    tax_rates jsonb NOT NULL,           -- {category of products: percent}
    made_at   timestamptz NOT NULL,
    made_by   text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON invoice_policy FROM {{app}};

-- In which series each kind of document is numbered. Who numbers one reads this and takes the series' lock: whoever changes it meanwhile changes the next.
CREATE TABLE document_series (
    kind   text PRIMARY KEY CHECK (kind IN ('invoice', 'credit_note', 'debit_note')),
    series text NOT NULL REFERENCES invoice_series
);
INSERT INTO invoice_series VALUES ('NC', 1), ('ND', 1) ON CONFLICT DO NOTHING;
INSERT INTO document_series VALUES ('invoice', 'FV'), ('credit_note', 'NC'), ('debit_note', 'ND');

-- What a change after the sale took off an invoice, or put on top of it. The parts are what the change said, by their signs; total is what they come to, without one.
CREATE TABLE invoice_note (
    id          uuid PRIMARY KEY,
    series      text NOT NULL REFERENCES invoice_series,
    number      bigint NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('credit_note', 'debit_note')),
    invoice_id  uuid NOT NULL,
    order_id    uuid NOT NULL,
    customer_id uuid NOT NULL,
    currency    char(3) NOT NULL,
    change_id   uuid NOT NULL CONSTRAINT invoice_note_change UNIQUE,
    total       bigint NOT NULL CHECK (total > 0),
    refund      bigint NOT NULL CHECK (refund BETWEEN 0 AND total),
    principal   bigint NOT NULL,
    interest    bigint NOT NULL,
    fees        bigint NOT NULL,
    tax         bigint NOT NULL,
    -- How much of the principal the notes before this one had taken off.
    principal_before bigint NOT NULL CHECK (principal_before <= 0),
    reason      text NOT NULL,
    issued_on   date NOT NULL,
    issued_at   timestamptz NOT NULL,
    CONSTRAINT invoice_note_adds_up CHECK (abs(principal + interest + fees + tax) = total AND (kind = 'credit_note') = (principal + interest + fees + tax < 0)),
    CONSTRAINT invoice_note_number_key UNIQUE (series, number)
);
CREATE INDEX invoice_note_order ON invoice_note (order_id, issued_at);
REVOKE UPDATE, DELETE, TRUNCATE ON invoice_note FROM {{app}};

-- A change that lowered what was invoiced gets its credit note, one that raised it a debit note, and a write-off none: what is not expected any more was sold and
-- taxed all the same. A trigger, for the version before this one makes changes beside it; it runs when the change's statement, the last of its unit, has done all else,
-- so the series is locked as shortly as by issue_invoice.
CREATE FUNCTION issue_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    amount bigint := NEW.principal + NEW.interest + NEW.earned + NEW.fees + NEW.tax;
    what text := CASE WHEN amount < 0 THEN 'credit_note' ELSE 'debit_note' END;
    of invoice;
    in_series text;
    its_number bigint;
BEGIN
    SELECT i.* INTO of FROM invoice i WHERE i.order_id = NEW.order_id;
    IF of.id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE invoice_series s SET next_number = s.next_number + 1 WHERE s.series = (SELECT d.series FROM document_series d WHERE d.kind = what)
    RETURNING s.series, s.next_number - 1 INTO in_series, its_number;
    INSERT INTO invoice_note (id, series, number, kind, invoice_id, order_id, customer_id, currency, change_id, total, refund, principal, interest, fees, tax,
                              principal_before, reason, issued_on, issued_at)
    VALUES (entry_id('note:' || NEW.change_id), in_series, its_number, what, of.id, of.order_id, of.customer_id, of.currency, NEW.change_id, abs(amount), NEW.refund,
            NEW.principal, NEW.interest + NEW.earned, NEW.fees, NEW.tax,
            (SELECT coalesce(sum(n.principal), 0) FROM invoice_note n WHERE n.order_id = NEW.order_id), NEW.reason, NEW.recorded_on, NEW.recorded_at);
    RETURN NULL;
END $$;
CREATE TRIGGER receivable_change_noted AFTER INSERT ON receivable_change FOR EACH ROW
    WHEN (NEW.kind <> 'write_off' AND NEW.principal + NEW.interest + NEW.earned + NEW.fees + NEW.tax <> 0)
    EXECUTE FUNCTION issue_note();

-- What an invoice or a note says, from the first time that anybody saw it, for ever.
CREATE TABLE invoice_document (
    id      uuid PRIMARY KEY,
    body    json NOT NULL,
    made_at timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON invoice_document FROM {{app}};

-- Invoices and notes alike, with where they stand. A note that gives money back is open until all of it is there; one that takes off what was owed is done when it is
-- issued; what a debit note adds is owed with the rest of its invoice.
CREATE VIEW invoice_shown AS
SELECT i.id, 'invoice' AS kind, i.series, i.number, i.order_id, i.customer_id, i.currency, i.total, i.status, a.paid, i.issued_on, i.issued_at, i.paid_at,
       NULL::uuid AS invoice_id, NULL::text AS reason, NULL::bigint AS refund
FROM invoice i JOIN order_account a USING (order_id)
UNION ALL
SELECT n.id, n.kind, n.series, n.number, n.order_id, n.customer_id, n.currency, n.total,
       CASE WHEN n.kind = 'debit_note' THEN CASE a.status WHEN 'settled' THEN 'paid' WHEN 'written_off' THEN 'uncollectible' WHEN 'closed' THEN 'void' ELSE 'open' END
            WHEN EXISTS (SELECT FROM refund r WHERE r.order_id = n.order_id AND r.change_id = n.change_id AND r.status <> 'succeeded') THEN 'open'
            ELSE 'paid' END,
       CASE WHEN n.kind = 'credit_note'
            THEN n.total - coalesce((SELECT sum(r.amount) FROM refund r
                                     WHERE r.order_id = n.order_id AND r.change_id = n.change_id AND r.status <> 'succeeded'), 0)::bigint
            WHEN a.status = 'settled' THEN n.total ELSE 0 END,
       n.issued_on, n.issued_at, NULL, n.invoice_id, n.reason, n.refund
FROM invoice_note n JOIN order_account a USING (order_id);

CREATE FUNCTION invoice_body(s invoice_shown) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', s.id, 'kind', s.kind, 'number', invoice_number_text(s.series, s.number), 'order_id', s.order_id, 'customer_id', s.customer_id, 'status', s.status,
        'currency', s.currency, 'total', s.total, 'paid', s.paid, 'issued_on', s.issued_on, 'issued_at', s.issued_at, 'paid_at', s.paid_at,
        'invoice_id', s.invoice_id, 'reason', s.reason,
        'settlement', CASE WHEN s.kind = 'credit_note' THEN json_build_object('offset', s.total - s.refund, 'refund', s.refund, 'credit', 0) END)
$$;

CREATE FUNCTION invoice_policy_body(p invoice_policy) RETURNS json LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN json_build_object(
        'version', coalesce(p.version, 0), 'tax_rate', trim_scale(coalesce(p.tax_rate, 0))::text,
        'tax_rates', (SELECT coalesce(json_agg(json_build_object('category', r.key, 'rate', trim_scale(r.value::numeric)::text) ORDER BY r.key), '[]'::json)
                      FROM jsonb_each_text(coalesce(p.tax_rates, '{}')) AS r),
        'series', (SELECT json_object_agg(kind, series) FROM document_series), 'changed_at', p.made_at, 'changed_by', p.made_by);
END $$;
