-- With which provider a card is collected, and where a charge goes instead when that one cannot be reached.
CREATE TABLE routing_policy (
    version  int PRIMARY KEY,
    rules    jsonb NOT NULL,      -- the first that fits: [{currency, amount_min, amount_max, providers}]
    made_at  timestamptz NOT NULL,
    made_by  text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON routing_policy FROM {{app}};

CREATE FUNCTION routing_policy_body(p routing_policy) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('version', coalesce(p.version, 0), 'rules', coalesce(p.rules, '[]'), 'changed_at', p.made_at, 'changed_by', p.made_by)
$$;

ALTER TABLE payment ADD COLUMN fallback_provider text, ADD COLUMN fallback_token text;
