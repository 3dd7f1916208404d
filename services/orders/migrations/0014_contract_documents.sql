-- Documents of a contract, kept for ever as they are: the text of each version of its schedule (what was shown and accepted, where it was pinned), that
-- text as PDF, files signed by hand. The digest is the database's own, of the bytes that are stored.
CREATE TABLE contract_document (
    id          uuid PRIMARY KEY,
    contract_id uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('contract', 'pdf', 'signed_file')),
    version     int NOT NULL CHECK (version >= 1),   -- of the schedule it is about
    locale      text NOT NULL,
    media_type  text NOT NULL,
    body        bytea NOT NULL CHECK (octet_length(body) BETWEEN 1 AND 16777216),
    sha256      char(64) NOT NULL GENERATED ALWAYS AS (encode(sha256(body), 'hex')) STORED,
    created_at  timestamptz NOT NULL,
    created_by  uuid,                                -- who uploaded it; NULL: made here
    CONSTRAINT contract_document_once UNIQUE (contract_id, kind, version, sha256)
);
CREATE UNIQUE INDEX contract_document_made ON contract_document (contract_id, kind, version) WHERE kind <> 'signed_file';
REVOKE UPDATE, DELETE, TRUNCATE ON contract_document FROM {{app}};

ALTER TABLE contract ADD COLUMN contract_sha256 char(64);   -- of the text that was shown and accepted; NULL: only the terms were

CREATE OR REPLACE FUNCTION contract_body(c contract) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id, 'order_id', c.order_id, 'status', c.status, 'schedule_version', c.schedule_version,
        'offer_id', coalesce(c.offer_id, c.plan_id), 'plan_id', c.plan_id, 'plan_version', coalesce(c.plan_version, 1), 'plan', c.plan_terms, 'currency', c.currency, 'deposit', c.deposit, 'amount_financed', c.amount_financed, 'total_payable', c.total_payable,
        'apr_nominal', c.apr_nominal::text, 'effective_annual_rate', c.effective_annual_rate::text,
        'acceptance', json_build_object('terms_version', c.terms_version, 'locale', c.terms_locale, 'terms_sha256', c.terms_sha256,
            'contract_sha256', c.contract_sha256, 'accepted_at', c.accepted_at, 'accepted_by', c.accepted_by, 'ip', c.accepted_from),
        'settled_at', c.settled_at)
$$;

CREATE FUNCTION contract_document_body(d contract_document) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', d.id, 'kind', d.kind, 'version', d.version, 'locale', d.locale, 'media_type', d.media_type,
        'size', octet_length(d.body), 'sha256', d.sha256, 'created_at', d.created_at, 'created_by', d.created_by)
$$;
