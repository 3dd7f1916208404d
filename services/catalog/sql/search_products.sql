-- A page by relevance. Candidates are capped before they are ranked: a common word must not cost a sort of the whole catalog. The cap
-- stands outside of what finds them: a planner that sees it believes matches to lie everywhere and walks a whole category for them, while a
-- CTE is planned for all its rows, so by its words, and yet read only as far as it is asked.
-- pool: slow
WITH query AS (
    SELECT websearch_to_tsquery('english', :q) || websearch_to_tsquery('spanish', :q) AS words
), matching AS MATERIALIZED (
    SELECT p.id, p.doc, p.words, query.words AS asked
    FROM product p, query
    WHERE p.words @@ query.words AND p.status = 'active'
      AND (:category::text IS NULL OR p.category = :category::text)
      AND (:subcategory::text IS NULL OR p.subcategory = :subcategory::text)
), candidate AS MATERIALIZED (
    SELECT id, doc, round(ts_rank(words, asked)::numeric, 6) AS rank FROM matching LIMIT 1000
), page AS MATERIALIZED (
    SELECT id, doc, rank, row_number() OVER (ORDER BY rank DESC, id) AS place
    FROM candidate
    WHERE :after_rank::numeric IS NULL OR rank < :after_rank::numeric OR (rank = :after_rank::numeric AND id > :after_id::uuid)
    ORDER BY rank DESC, id
    LIMIT :limit::int + 1
)
SELECT '{"data":[' || coalesce(string_agg(page.doc || ',"available":' || (SELECT s.on_hand - s.held FROM stock s WHERE s.product_id = page.id)
                                          || '}', ',' ORDER BY place) FILTER (WHERE place <= :limit::int), '')
    || '],"next_cursor":'
    || CASE WHEN max(place) > :limit::int
            THEN to_json((SELECT cuotas_cursor(id::text, rank::text) FROM page WHERE place = :limit::int))::text
            ELSE 'null' END
    || '}' AS body
FROM page
