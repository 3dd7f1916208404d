-- The next version of a plan, unless it is at another version by now.
WITH changed AS (
    UPDATE plan_definition AS p
    SET version = p.version + 1, definition = plan_defaults(:definition::jsonb), updated_at = :now::timestamptz, updated_by = :by
    WHERE p.id = :id::uuid AND p.version = :version::int
    RETURNING plan_body(p)::text AS body
)
SELECT body, NULL AS problem FROM changed
UNION ALL
SELECT NULL, 'precondition_failed' WHERE NOT EXISTS (SELECT FROM changed)
