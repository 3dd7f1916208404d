-- What was given up: parked events and dead jobs, oldest first, at most a hundred of each.
-- pool: read
SELECT json_build_object('data', coalesce(json_agg(entry ORDER BY kind, position), '[]'), 'next_cursor', NULL) AS body
FROM (
    (SELECT 'event' AS kind, id AS position, json_build_object(
                'id', 'event-' || id, 'kind', 'event', 'type', type, 'key', event_id::text, 'producer', producer,
                'error', error, 'attempts', attempts, 'at', parked_at, 'content', event::json) AS entry
     FROM dead_letter ORDER BY id LIMIT 100)
    UNION ALL
    (SELECT 'job', id, json_build_object(
                'id', 'job-' || id, 'kind', 'job', 'type', kind, 'key', key, 'producer', NULL,
                'error', last_error, 'attempts', attempts, 'at', run_at, 'content', payload)
     FROM job WHERE state = 'dead' ORDER BY id LIMIT 100)
) AS parked
