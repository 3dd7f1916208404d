-- A page of a customer's timeline, newest first, without what is the shop's own where a customer asks. No row when there is no such customer for who asks.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH whose AS (
    SELECT id, locale NOT LIKE 'en%' AS spanish FROM customer WHERE id = :id::uuid AND (:owner::uuid IS NULL OR id = :owner::uuid)
), page AS MATERIALIZED (
    SELECT id, at, type, data, row_number() OVER (ORDER BY at DESC, id DESC) AS place
    FROM (
        SELECT e.*
        FROM timeline_entry e
        WHERE e.customer_id = (SELECT id FROM whose) AND (:owner::uuid IS NULL OR NOT e.internal)
          AND (e.at, e.id) < (coalesce(:after_at::timestamptz, 'infinity'), coalesce(:after_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
        ORDER BY e.at DESC, e.id DESC
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT (SELECT json_build_object(
                   'data', coalesce(json_agg(json_build_object('id', id, 'at', at, 'type', type, 'title', timeline_title(type, data, whose.spanish), 'data', data)
                                             ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
                   'next_cursor', CASE WHEN max(place) > :limit::int
                                       THEN (SELECT cuotas_cursor(to_json(at) #>> '{}', id::text) FROM page WHERE place = :limit::int) END)::text
        FROM page) AS body
FROM whose
