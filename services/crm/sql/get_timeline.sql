-- A page of a customer's timeline, newest first. No row when there is no such customer for who asks.
-- pool: read
WITH whose AS (
    SELECT id, locale NOT LIKE 'en%' AS spanish FROM customer WHERE id = :id::uuid AND (:owner::uuid IS NULL OR id = :owner::uuid)
), page AS (
    SELECT e.id, e.at, row_number() OVER (ORDER BY e.at DESC, e.id DESC) AS place,
           json_build_object('id', e.id, 'at', e.at, 'type', e.type, 'title', timeline_title(e.type, e.data, whose.spanish), 'data', e.data) AS item
    FROM whose JOIN timeline_entry e ON e.customer_id = whose.id
    WHERE :after_at::timestamptz IS NULL OR (e.at, e.id) < (:after_at::timestamptz, :after_id::uuid)
    ORDER BY e.at DESC, e.id DESC
    LIMIT :limit::int + 1
)
SELECT (SELECT json_build_object('data', coalesce(json_agg(item ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
                                 'next_cursor', CASE WHEN max(place) > :limit::int
                                                     THEN (SELECT cuotas_cursor(to_json(at) #>> '{}', id::text) FROM page WHERE place = :limit::int) END)::text
        FROM page) AS body
FROM whose
