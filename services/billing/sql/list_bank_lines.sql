-- Lines of banks' statements, newest booking first. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS (
    SELECT l, l.booked_on, l.id, row_number() OVER (ORDER BY l.booked_on DESC, l.id DESC) AS place
    FROM bank_line l
    WHERE (l.booked_on, l.id) < (coalesce(:before_on::date, 'infinity'), coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      AND (:status::text IS NULL OR l.status = :status)
      AND (:direction::text IS NULL OR (l.amount > 0) = (:direction = 'credit'))
      AND (:statement_id::uuid IS NULL OR l.statement_id = :statement_id::uuid)
    ORDER BY l.booked_on DESC, l.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(bank_line_body(p.l) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(booked_on::text, id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page p
