-- A page of a customer's notifications, perhaps of one template only, newest first.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, n, row_number() OVER (ORDER BY id DESC) AS place
    FROM (
        SELECT n.id, n
        FROM notification n
        WHERE n.customer_id = :customer_id::uuid AND (:owner::uuid IS NULL OR n.customer_id = :owner::uuid)
          AND (:template::text IS NULL OR n.template = :template::text)
          AND n.id < coalesce(:after_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        ORDER BY n.id DESC
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT json_build_object('data', coalesce(json_agg(json_build_object(
                             'id', (n).id, 'customer_id', (n).customer_id, 'template', (n).template, 'channel', (n).channel, 'to', (n).recipient,
                             'subject', (n).subject, 'status', (n).status, 'created_at', (n).created_at, 'sent_at', (n).sent_at) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
                         'next_cursor', CASE WHEN max(place) > :limit::int
                                             THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
