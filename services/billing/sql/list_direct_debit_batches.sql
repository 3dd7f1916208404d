-- Batches of direct debits, newest first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS (
    SELECT b, b.created_at, b.id, row_number() OVER (ORDER BY b.created_at DESC, b.id DESC) AS place
    FROM direct_debit_batch b
    WHERE (b.created_at, b.id) < (coalesce(:before_at::timestamptz, 'infinity'), coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    ORDER BY b.created_at DESC, b.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(direct_debit_batch_body(p.b) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(cursor_time(created_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page p
