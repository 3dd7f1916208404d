-- A plan as it is, or as it was in a version.
-- pool: read
SELECT plan_body(ROW(p.id, v.version, v.definition, v.definition ->> 'code', (v.definition ->> 'position')::int, (v.definition ->> 'active')::boolean, p.created_at,
                     v.made_at, v.made_by)::plan_definition)::text AS body
FROM plan_definition p
JOIN plan_version v ON v.plan_id = p.id AND v.version = coalesce(:version::int, p.version)
WHERE p.id = :id::uuid
