-- A mandate that a return ended is taken up again when its bank says that it was a mistake, by whom and why. For ever.
CREATE TABLE sepa_mandate_revival (
    id         uuid PRIMARY KEY,
    mandate_id uuid NOT NULL REFERENCES sepa_mandate,
    reason     text NOT NULL,
    revived_at timestamptz NOT NULL,
    revived_by text NOT NULL
);
CREATE INDEX sepa_mandate_revival_of ON sepa_mandate_revival (mandate_id, revived_at);
REVOKE UPDATE, DELETE, TRUNCATE ON sepa_mandate_revival FROM {{app}};

CREATE OR REPLACE FUNCTION payment_method_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'processing' THEN new IN ('active', 'requires_action', 'failed')
                    WHEN 'requires_action' THEN new IN ('active', 'failed')
                    WHEN 'active' THEN new = 'declined'
                    WHEN 'signed' THEN new = 'declined'
                    WHEN 'declined' THEN new IN ('active', 'signed')
                    ELSE false END;
END $$;

CREATE OR REPLACE FUNCTION sepa_mandate_body(s sepa_mandate, m payment_method) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', s.id, 'customer_id', s.customer_id,
        'status', CASE WHEN m.removed_at IS NOT NULL THEN 'removed' WHEN m.status = 'declined' THEN 'declined' WHEN m.revoked_at IS NOT NULL THEN 'revoked' ELSE 'active' END, 'reference', s.reference,
        'scheme', s.scheme, 'debtor_name', s.debtor_name, 'iban_country', left(s.iban, 2), 'iban_last4', right(s.iban, 4), 'bic', s.bic, 'signed_on', s.signed_on, 'created_at', s.created_at,
        'removed_at', m.removed_at,
        'revivals', (SELECT coalesce(json_agg(json_build_object('reason', r.reason, 'revived_at', r.revived_at, 'revived_by', r.revived_by) ORDER BY r.revived_at, r.id), '[]')
                     FROM sepa_mandate_revival r WHERE r.mandate_id = s.id))
$$;
