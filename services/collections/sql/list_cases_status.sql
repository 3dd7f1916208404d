-- A page of the cases in a state, newest first.
-- One range of one index, said as a range: asked for `= status`, the planner may walk another index through everything to find what is rare.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, c, row_number() OVER (ORDER BY status DESC, id DESC) AS place
    FROM (
        SELECT c.status, c.id, c
        FROM collection_case c
        WHERE (c.status, c.id) < (:status::text, coalesce(:after_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')) AND c.status >= :status::text
        ORDER BY c.status DESC, c.id DESC
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT json_build_object('data', coalesce(json_agg(case_json(c) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
                         'next_cursor', CASE WHEN max(place) > :limit::int
                                             THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
