-- The newest events.
-- pool: read
SELECT '{"object":"list","url":"/v1/events","has_more":false,"data":[' || coalesce(string_agg(payload, ',' ORDER BY created_at DESC, id DESC), '') || ']}' AS body
FROM (SELECT payload, created_at, id FROM event ORDER BY created_at DESC, id DESC LIMIT 100) AS newest
