-- A deposit may have an invoice of its own (`deposit_invoices` of the policy): then the invoice of the sale follows when the goods leave, the next payment comes or the sale is changed, whichever is
-- first, and takes the deposit off as paid before. Both are numbered in the series of invoices.
ALTER TABLE invoice_policy ADD COLUMN deposit_invoices boolean NOT NULL DEFAULT false;

CREATE TABLE deposit_invoice (
    id          uuid PRIMARY KEY,
    series      text NOT NULL REFERENCES invoice_series,
    number      bigint NOT NULL,
    order_id    uuid NOT NULL CONSTRAINT deposit_invoice_order_key UNIQUE REFERENCES order_account,
    customer_id uuid NOT NULL,
    currency    char(3) NOT NULL,
    total       bigint NOT NULL CHECK (total > 0),
    issued_on   date NOT NULL,
    issued_at   timestamptz NOT NULL,
    CONSTRAINT deposit_invoice_number_key UNIQUE (series, number)
);
REVOKE UPDATE, DELETE, TRUNCATE ON deposit_invoice FROM {{app}};

-- What was sold, as its invoice says: without what it costs to be late, and with what was waived.
CREATE FUNCTION sale_total(of_order uuid) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sum(r.principal + r.interest + coalesce(r.fees, 0) + coalesce(r.tax, 0))::bigint
    FROM order_sale s, json_to_recordset(s.terms) AS r(principal bigint, interest bigint, fees bigint, tax bigint) WHERE s.order_id = of_order
$$;

-- The invoice of a sale whose deposit has one; nothing where that is not so, or it is there. It takes the account's lock, and last the series'.
CREATE FUNCTION issue_after_deposit(of_order uuid, today date, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    account order_account;
    numbered record;
    its_id uuid := cuotas_uuid_v7();
BEGIN
    IF NOT EXISTS (SELECT FROM deposit_invoice d WHERE d.order_id = of_order) OR EXISTS (SELECT FROM invoice i WHERE i.order_id = of_order) THEN
        RETURN;
    END IF;
    SELECT a.* INTO account FROM order_account a WHERE a.order_id = of_order FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM invoice i WHERE i.order_id = of_order) THEN
        RETURN;
    END IF;
    UPDATE invoice_series s SET next_number = s.next_number + 1 WHERE s.series = (SELECT d.series FROM document_series d WHERE d.kind = 'invoice')
    RETURNING s.series, s.next_number - 1 AS number INTO numbered;
    INSERT INTO invoice (id, series, number, order_id, customer_id, currency, total, status, issued_on, issued_at, paid_at)
    VALUES (its_id, numbered.series, numbered.number, of_order, account.customer_id, account.currency, sale_total(of_order),
            CASE account.status WHEN 'settled' THEN 'paid' WHEN 'closed' THEN 'void' WHEN 'written_off' THEN 'uncollectible' ELSE 'open' END, today, at,
            CASE account.status WHEN 'settled' THEN at END);
    INSERT INTO outbox (type, subject, customer_id, data, occurred_at)
    VALUES ('invoice.issued', its_id::text, account.customer_id,
            jsonb_build_object('invoice_id', its_id, 'number', invoice_number_text(numbered.series, numbered.number), 'order_id', of_order, 'customer_id', account.customer_id,
                               'total', sale_total(of_order), 'currency', account.currency), at);
END $$;

-- A change corrects the invoice, so that has to be there: before its note, and of every kind, for a write-off ends it.
CREATE FUNCTION issue_before_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM issue_after_deposit(NEW.order_id, NEW.recorded_on, NEW.recorded_at);
    RETURN NULL;
END $$;
CREATE TRIGGER receivable_change_invoiced AFTER INSERT ON receivable_change FOR EACH ROW EXECUTE FUNCTION issue_before_change();   -- by name before receivable_change_noted

CREATE OR REPLACE VIEW invoice_shown AS
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
FROM invoice_note n JOIN order_account a USING (order_id)
UNION ALL
SELECT d.id, 'deposit_invoice', d.series, d.number, d.order_id, d.customer_id, d.currency, d.total, 'paid', d.total, d.issued_on, d.issued_at, d.issued_at, NULL, NULL, NULL
FROM deposit_invoice d;

CREATE OR REPLACE FUNCTION invoice_policy_body(p invoice_policy) RETURNS json LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN json_build_object(
        'version', coalesce(p.version, 0), 'tax_rate', trim_scale(coalesce(p.tax_rate, 0))::text,
        'tax_rates', (SELECT coalesce(json_agg(json_build_object('category', r.key, 'rate', trim_scale(r.value::numeric)::text) ORDER BY r.key), '[]'::json)
                      FROM jsonb_each_text(coalesce(p.tax_rates, '{}')) AS r),
        'series', (SELECT json_object_agg(kind, series) FROM document_series), 'deposit_invoices', coalesce(p.deposit_invoices, false), 'changed_at', p.made_at, 'changed_by', p.made_by);
END $$;
