-- A page of cases, newest first.
-- pool: read
WITH page AS (
    SELECT c.id, case_json(c) AS item, row_number() OVER (ORDER BY id DESC) AS place
    FROM collection_case c
    WHERE (:status::text IS NULL OR status = :status::text)
      AND (:customer_id::uuid IS NULL OR customer_id = :customer_id::uuid)
      AND (:order_id::uuid IS NULL OR order_id = :order_id::uuid)
      AND (:after_id::uuid IS NULL OR id < :after_id::uuid)
    ORDER BY id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object('data', coalesce(json_agg(item ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
                         'next_cursor', CASE WHEN max(place) > :limit::int
                                             THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
