-- A page of a category by name. One row more than asked tells whether there is a next page.
-- One range of one index, said as a range: asked for `= category`, the planner may walk another index through everything to find what is rare.
-- LIMIT 101, more than any page: a number the planner can see, or it takes pages for long ones and plans every one of them anew.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT id, name, doc, row_number() OVER (ORDER BY category, name, id) AS place
    FROM (
        SELECT p.category, p.name, p.id, p.doc
        FROM product p
        WHERE p.status = 'active' AND p.category <= :category::text
          AND (p.category, p.name, p.id) > (:category::text, coalesce(:after_name::text, ''), coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000'))
        ORDER BY p.category, p.name, p.id
        LIMIT 101
    ) AS next
    LIMIT :limit::int + 1
)
SELECT '{"data":[' || coalesce(string_agg(page.doc || ',"available":' || (SELECT s.on_hand - s.held FROM stock s WHERE s.product_id = page.id)
                                          || '}', ',' ORDER BY place) FILTER (WHERE place <= :limit::int), '')
    || '],"next_cursor":'
    || CASE WHEN max(place) > :limit::int
            THEN to_json((SELECT cuotas_cursor(id::text, name) FROM page WHERE place = :limit::int))::text
            ELSE 'null' END
    || '}' AS body
FROM page
