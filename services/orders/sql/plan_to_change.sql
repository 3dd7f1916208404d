-- A plan's definition, and at which version it is.
SELECT version, definition FROM plan_definition WHERE id = :id::uuid
