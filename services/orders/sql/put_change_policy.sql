-- The policy that follows a version; nobody else may have followed it.
WITH put AS (
    INSERT INTO shop_change_policy AS s (version, withdrawal_days, due_day_later, due_day_months, refund_interest, made_at, made_by)
    VALUES (:version::int + 1, :withdrawal_days::int, :due_day_later::int, :due_day_months::int, :refund_interest, :now::timestamptz, :by)
    ON CONFLICT (version) DO NOTHING
    RETURNING change_policy_body(:country, s)::text AS body
)
SELECT body, NULL AS problem FROM put
UNION ALL
SELECT NULL, 'precondition_failed' WHERE NOT EXISTS (SELECT FROM put)
