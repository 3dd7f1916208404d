-- An order's invoice and the notes that correct it, newest first.
-- pool: read
WITH page AS (
    SELECT s, s.id, s.issued_at, row_number() OVER (ORDER BY s.issued_at DESC, s.id DESC) AS place
    FROM invoice_shown s
    WHERE s.order_id = :order_id::uuid AND (:owner::uuid IS NULL OR s.customer_id = :owner::uuid)
      AND (:before_at::timestamptz IS NULL OR (s.issued_at, s.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY s.issued_at DESC, s.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(invoice_body(page.s) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(cursor_time(issued_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page
