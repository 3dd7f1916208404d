-- Events, the newest first: since a second of wall time, from behind one on.
-- pool: read
WITH found AS (
    SELECT payload, created_at, id, row_number() OVER (ORDER BY created_at DESC, id DESC) AS place
    FROM event
    WHERE dialect = 'stripe' AND (:since::bigint IS NULL OR created_at >= to_timestamp(:since::bigint))
      AND (:after::text IS NULL OR (created_at, id) < (SELECT e.created_at, e.id FROM event e WHERE e.id = :after::text))
    ORDER BY created_at DESC, id DESC
    LIMIT :limit::int + 1
)
SELECT '{"object":"list","url":"/v1/events","has_more":' || (count(*) > :limit::int)::text || ',"data":['
       || coalesce(string_agg(payload, ',' ORDER BY place) FILTER (WHERE place <= :limit::int), '') || ']}' AS body
FROM found
