-- A page of the cases in a state, newest first.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, c, row_number() OVER (ORDER BY id DESC) AS place
    FROM (
        SELECT c.id, c
        FROM collection_case c
        WHERE c.status = :status AND c.id < coalesce(:after_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        ORDER BY c.id DESC
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT json_build_object('data', coalesce(json_agg(case_json(c) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
                         'next_cursor', CASE WHEN max(place) > :limit::int
                                             THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
