-- A page of notifications, newest first; a customer's own.
-- pool: read
WITH page AS (
    SELECT n.id, row_number() OVER (ORDER BY n.id DESC) AS place,
           json_build_object('id', n.id, 'customer_id', n.customer_id, 'template', n.template, 'channel', n.channel, 'to', n.recipient,
                             'subject', n.subject, 'status', n.status, 'created_at', n.created_at, 'sent_at', n.sent_at) AS item
    FROM notification n
    WHERE (:owner::uuid IS NULL OR n.customer_id = :owner::uuid)
      AND (:customer_id::uuid IS NULL OR n.customer_id = :customer_id::uuid)
      AND (:template::text IS NULL OR n.template = :template::text)
      AND (:after_id::uuid IS NULL OR n.id < :after_id::uuid)
    ORDER BY n.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object('data', coalesce(json_agg(item ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
                         'next_cursor', CASE WHEN max(place) > :limit::int
                                             THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
