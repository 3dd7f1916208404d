-- A promotion at its next version, unless it is at another version by now. Fewer uses than there are: promotion_not_overused.
WITH changed AS (
    UPDATE promotion AS p
    SET version = p.version + 1, name = :name::text, active = :active::boolean, valid_from = :valid_from::timestamptz, valid_until = :valid_until::timestamptz,
        max_uses = :max_uses::bigint, max_uses_per_customer = :max_uses_per_customer::bigint, updated_at = :now::timestamptz, updated_by = :by::uuid
    WHERE p.id = :id::uuid AND p.version = :version::bigint
    RETURNING promotion_body(p)::text AS body
)
SELECT body, NULL AS problem FROM changed
UNION ALL
SELECT NULL, 'precondition_failed' WHERE NOT EXISTS (SELECT FROM changed)
