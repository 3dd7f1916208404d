-- What a customer agreed to when a method was saved with a payment, and what they take back.

-- Since when a method is not to be charged without its customer, and who said so: `customer`, or who of the staff.
ALTER TABLE payment_method ADD COLUMN revoked_at timestamptz, ADD COLUMN revoked_by text;

CREATE OR REPLACE FUNCTION payment_method_body(m payment_method, is_default boolean, today date) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', m.id, 'customer_id', m.customer_id, 'status', CASE m.status WHEN 'signed' THEN 'active' ELSE m.status END, 'provider', m.provider, 'brand', m.brand, 'last4', m.last4,
        'exp_month', m.exp_month, 'exp_year', m.exp_year, 'expired', coalesce(card_ends_on(m.exp_year, m.exp_month) < today, false), 'default', is_default,
        'revoked_at', m.revoked_at, 'revoked_by', m.revoked_by, 'failure_code', m.failure_code,
        'next_action', CASE WHEN m.status = 'requires_action'
                            THEN json_build_object('type', m.next_action_type, 'url', m.next_action_url) END,
        'created_at', m.created_at)
$$;

CREATE OR REPLACE FUNCTION sepa_mandate_body(s sepa_mandate, m payment_method) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', s.id, 'customer_id', s.customer_id,
        'status', CASE WHEN m.removed_at IS NOT NULL THEN 'removed' WHEN m.status = 'declined' THEN 'declined' WHEN m.revoked_at IS NOT NULL THEN 'revoked' ELSE 'active' END, 'reference', s.reference,
        'scheme', s.scheme, 'debtor_name', s.debtor_name, 'iban_country', left(s.iban, 2), 'iban_last4', right(s.iban, 4), 'bic', s.bic, 'signed_on', s.signed_on, 'created_at', s.created_at,
        'removed_at', m.removed_at)
$$;

-- A method may be agreed to again: the last text counts. payment_id: it was saved with that payment. recorded_by: who of the staff wrote it down, if not its customer.
ALTER TABLE mandate ADD COLUMN payment_id uuid, ADD COLUMN recorded_by text, ADD COLUMN revoked_by text;
GRANT UPDATE (revoked_by) ON mandate TO {{app}};
CREATE INDEX mandate_method ON mandate (payment_method_id, accepted_at DESC, id DESC);
ALTER TABLE mandate DROP CONSTRAINT mandate_of_method;

-- The same, from when a payment is asked for until its method is kept. For ever.
CREATE TABLE payment_mandate (
    payment_id  uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    text        text NOT NULL,
    text_sha256 text NOT NULL,
    channel     text NOT NULL,
    ip          text,
    user_agent  text,
    recorded_by text,
    accepted_at timestamptz NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON payment_mandate FROM {{app}};
