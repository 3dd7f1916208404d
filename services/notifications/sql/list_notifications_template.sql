-- A page of all notifications made from a template, newest first.
-- One range of one index, said as a range: asked for `= template`, the planner may walk another index through everything to find what is rare.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, n, row_number() OVER (ORDER BY template DESC, id DESC) AS place
    FROM (
        SELECT n.template, n.id, n
        FROM notification n
        WHERE (n.template, n.id) < (:template::text, coalesce(:after_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')) AND n.template >= :template::text
        ORDER BY n.template DESC, n.id DESC
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
