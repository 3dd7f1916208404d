-- The policy that follows a version; nobody else may have followed it.
WITH put AS (
    INSERT INTO credit_policy AS p (version, policy, made_at, made_by)
    VALUES (:version::int + 1, jsonb_strip_nulls(:policy::jsonb), :now::timestamptz, :by)
    ON CONFLICT (version) DO NOTHING
    RETURNING credit_policy_body(p)::text AS body
)
SELECT body, NULL AS problem FROM put
UNION ALL
SELECT NULL, 'precondition_failed' WHERE NOT EXISTS (SELECT FROM put)
