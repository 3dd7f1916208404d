-- Statements of banks, newest import first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS (
    SELECT s, s.imported_at, s.id, row_number() OVER (ORDER BY s.imported_at DESC, s.id DESC) AS place
    FROM bank_statement s
    WHERE (s.imported_at, s.id) < (coalesce(:before_at::timestamptz, 'infinity'), coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (:account::text IS NULL OR s.account = :account)
    ORDER BY s.imported_at DESC, s.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(bank_statement_body(p.s) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(cursor_time(imported_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page p
