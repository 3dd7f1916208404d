-- The policy that follows a version; nobody else may have followed it.
WITH put AS (
    INSERT INTO routing_policy (version, rules, made_at, made_by)
    VALUES (:version::int + 1, :rules::jsonb, :now::timestamptz, :by)
    ON CONFLICT (version) DO NOTHING
    RETURNING routing_policy_body(routing_policy.*)::text AS body
)
SELECT p.body, CASE WHEN p.body IS NULL THEN 'precondition_failed' END AS problem FROM (SELECT) AS one LEFT JOIN put p ON true
