-- How many days before it is collected a debtor is told of a direct debit, as the shop has agreed with them; nobody had said.
ALTER TABLE sepa_creditor ADD COLUMN notice_days int NOT NULL DEFAULT 0;

CREATE OR REPLACE FUNCTION sepa_creditor_body(c sepa_creditor) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('version', coalesce(c.version, 0), 'creditor_id', c.creditor_id, 'name', c.name, 'iban', c.iban, 'bic', c.bic, 'first_sequence', c.first_sequence,
                             'batch_booking', c.batch_booking, 'notice_days', c.notice_days, 'changed_at', c.made_at, 'changed_by', c.made_by)
$$;
