-- The providers' events, newest first; waiting: not acted on yet.
-- pool: read
WITH page AS (
    SELECT e.*, row_number() OVER (ORDER BY e.received_at DESC, e.id DESC) AS place
    FROM webhook_event e
    WHERE (:verdict::text IS NULL OR coalesce(e.verdict, 'waiting') = :verdict) AND (:type::text IS NULL OR e.type = :type)
      AND (:before_at::timestamptz IS NULL OR (e.received_at, e.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY e.received_at DESC, e.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(json_build_object('id', id, 'provider', provider, 'event_id', event_id, 'type', type, 'verdict', coalesce(verdict, 'waiting'),
                                                'received_at', received_at, 'processed_at', processed_at) ORDER BY place)
                     FILTER (WHERE place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(cursor_time(received_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page
