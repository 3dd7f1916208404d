-- A plan, version 1; its offers follow (trigger plan_changed).
WITH made AS (
    INSERT INTO plan_definition AS p (id, definition, created_at, updated_at, updated_by)
    VALUES (:id::uuid, plan_defaults(:definition::jsonb), :now::timestamptz, :now::timestamptz, :by)
    RETURNING plan_body(p)::text AS body
), reply AS (
    SELECT body FROM made
), {{remember 201}}
SELECT body FROM reply
