-- A page of a category by name. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT p.id, p.name, p.doc, row_number() OVER (ORDER BY p.name, p.id) AS place
    FROM product p
    WHERE p.status = 'active' AND p.category = :category::text
      AND (:after_name::text IS NULL OR (p.name, p.id) > (:after_name::text, :after_id::uuid))
    ORDER BY p.name, p.id
    LIMIT :limit::int + 1
)
SELECT '{"data":[' || coalesce(string_agg(page.doc || ',"available":' || (s.on_hand - s.held) || '}', ',' ORDER BY place)
                               FILTER (WHERE place <= :limit::int), '')
    || '],"next_cursor":'
    || CASE WHEN max(place) > :limit::int
            THEN to_json((SELECT cuotas_cursor(id::text, name) FROM page WHERE place = :limit::int))::text
            ELSE 'null' END
    || '}' AS body
FROM page
JOIN stock s ON s.product_id = page.id
