-- A mandate for direct debits is `signed`, where other methods are `active`: nobody charges it by itself, neither this version nor one before that knows no mandates, which would make a payment
-- nobody can charge, and keep the order's other payments waiting for it. Shown it is active.
ALTER TABLE payment_method
    DROP CONSTRAINT payment_method_status_check,
    ADD CONSTRAINT payment_method_status CHECK (status IN ('processing', 'requires_action', 'active', 'signed', 'failed', 'declined')) NOT VALID;
CREATE OR REPLACE FUNCTION payment_method_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'processing' THEN new IN ('active', 'requires_action', 'failed')
                    WHEN 'requires_action' THEN new IN ('active', 'failed')
                    WHEN 'active' THEN new = 'declined'
                    WHEN 'signed' THEN new = 'declined'
                    WHEN 'declined' THEN new = 'active'
                    ELSE false END;
END $$;
CREATE OR REPLACE FUNCTION payment_method_body(m payment_method, is_default boolean) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', m.id, 'customer_id', m.customer_id, 'status', CASE m.status WHEN 'signed' THEN 'active' ELSE m.status END, 'provider', m.provider, 'brand', m.brand, 'last4', m.last4,
        'exp_month', m.exp_month, 'exp_year', m.exp_year, 'default', is_default, 'failure_code', m.failure_code,
        'next_action', CASE WHEN m.status = 'requires_action' THEN json_build_object('type', m.next_action_type, 'url', m.next_action_url) END,
        'created_at', m.created_at)
$$;
CREATE OR REPLACE FUNCTION sepa_mandate_body(s sepa_mandate, m payment_method) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', s.id, 'customer_id', s.customer_id, 'status', CASE WHEN m.removed_at IS NOT NULL THEN 'removed' WHEN m.status = 'signed' THEN 'active' ELSE m.status END, 'reference', s.reference,
        'scheme', s.scheme, 'debtor_name', s.debtor_name, 'iban_country', left(s.iban, 2), 'iban_last4', right(s.iban, 4), 'bic', s.bic, 'signed_on', s.signed_on, 'created_at', s.created_at,
        'removed_at', m.removed_at)
$$;
