-- The journal, by business day and in the order of recording within it. Looks at so many postings a page at most (:look): what is rare may leave a page short, or
-- empty, and its cursor goes on where it looked last.
-- pool: read
WITH candidate AS NOT MATERIALIZED (
    SELECT * FROM posting p
    WHERE p.effective_on BETWEEN :from::date AND :to::date AND (p.effective_on, p.id) > (:after_on::date, :after_id::bigint)
    ORDER BY p.effective_on, p.id
    LIMIT :look::int
), {{part page_of_entries}}
SELECT json_build_object(
    'data', coalesce((SELECT json_agg(body ORDER BY place) FROM entry), '[]'::json),
    'next_cursor', CASE WHEN (SELECT count(*) FROM page) > :limit::int
                        THEN (SELECT cuotas_cursor(effective_on::text, id::text) FROM page WHERE place = :limit::int)
                        ELSE (SELECT cuotas_cursor(effective_on::text, id::text) FROM candidate ORDER BY effective_on, id OFFSET :look::int - 1 LIMIT 1)
                   END) AS body
