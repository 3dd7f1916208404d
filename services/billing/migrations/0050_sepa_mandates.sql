-- SEPA direct debit by the shop's own bank. A mandate is a payment method whose provider is `sepa` (its token is its own id: there is nothing to charge at a provider), and what the debtor signed.
-- The account's number stands here and nowhere else; payment_method has its last four. What was signed never changes: another account is another mandate.
CREATE TABLE sepa_mandate (
    id           uuid PRIMARY KEY,       -- of the payment method
    customer_id  uuid NOT NULL,
    reference    text NOT NULL CHECK (length(reference) <= 35),
    scheme       text NOT NULL CHECK (scheme IN ('CORE', 'B2B')),
    debtor_name  text NOT NULL,
    iban         text NOT NULL CHECK (length(iban) <= 34),
    bic          text,
    signed_on    date NOT NULL,
    recorded_by  text NOT NULL,
    created_at   timestamptz NOT NULL
);
-- Banks compare references without regard to case and blanks.
CREATE UNIQUE INDEX sepa_mandate_reference ON sepa_mandate (upper(replace(reference, ' ', '')));
REVOKE UPDATE, DELETE, TRUNCATE ON sepa_mandate FROM {{app}};

CREATE FUNCTION sepa_mandate_body(s sepa_mandate, m payment_method) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', s.id, 'customer_id', s.customer_id, 'status', CASE WHEN m.removed_at IS NOT NULL THEN 'removed' ELSE m.status END, 'reference', s.reference, 'scheme', s.scheme,
        'debtor_name', s.debtor_name, 'iban_country', left(s.iban, 2), 'iban_last4', right(s.iban, 4), 'bic', s.bic, 'signed_on', s.signed_on, 'created_at', s.created_at,
        'removed_at', m.removed_at)
$$;

-- Who collects: the shop as its bank and the scheme know it.
CREATE TABLE sepa_creditor (
    version        int PRIMARY KEY,
    creditor_id    text NOT NULL,        -- AT-02
    name           text NOT NULL,
    iban           text NOT NULL,
    bic            text,
    first_sequence text NOT NULL CHECK (first_sequence IN ('FRST', 'RCUR')),
    batch_booking  boolean NOT NULL,
    made_at        timestamptz NOT NULL,
    made_by        text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON sepa_creditor FROM {{app}};

CREATE FUNCTION sepa_creditor_body(c sepa_creditor) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('version', coalesce(c.version, 0), 'creditor_id', c.creditor_id, 'name', c.name, 'iban', c.iban, 'bic', c.bic, 'first_sequence', c.first_sequence,
                             'batch_booking', c.batch_booking, 'changed_at', c.made_at, 'changed_by', c.made_by)
$$;
