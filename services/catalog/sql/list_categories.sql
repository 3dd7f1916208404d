-- All categories with their subcategories, both by name.
-- pool: read
SELECT json_build_object(
           'data', coalesce(json_agg(json_build_object('name', name, 'subcategories', subcategories) ORDER BY name), '[]'::json),
           'next_cursor', NULL) AS body
FROM (SELECT name, coalesce(json_agg(subcategory ORDER BY subcategory) FILTER (WHERE subcategory <> ''), '[]'::json) AS subcategories
      FROM category
      GROUP BY name) AS grouped
