-- Puts contracts into their customers' books that the program of before made, so many a time, in the order of their ids: a trigger of contract counts them. The job of the next
-- batch is made here, too. A program of before may still be there: the next day all are gone through again, until there were none left.
WITH batch AS MATERIALIZED (
    SELECT id, in_book FROM contract WHERE id > :after::uuid ORDER BY id LIMIT 500
), counted AS (
    UPDATE contract c SET in_book = true FROM batch b WHERE c.id = b.id AND NOT c.in_book
    RETURNING c.id
), place AS (
    SELECT (SELECT max(id::text) FROM batch) AS last, EXISTS (SELECT FROM counted) OR :counted::boolean AS counted
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'fill_credit_book', 'fill_credit_book:' || coalesce(last, 'again') || extract(epoch FROM :now::timestamptz),
       CASE WHEN last IS NULL THEN :now::timestamptz + interval '1 day' ELSE :now::timestamptz END,
       jsonb_build_object('after', coalesce(last, '00000000-0000-0000-0000-000000000000'), 'counted', (counted AND last IS NOT NULL)::text), :trace
FROM place
WHERE last IS NOT NULL OR counted
ON CONFLICT (key) DO NOTHING
