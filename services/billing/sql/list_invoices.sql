-- An order's invoices, newest first.
-- pool: read
WITH page AS (
    SELECT i.*, a.paid, row_number() OVER (ORDER BY i.issued_at DESC, i.id DESC) AS place
    FROM invoice i JOIN order_account a USING (order_id)
    WHERE i.order_id = :order_id::uuid AND (:owner::uuid IS NULL OR i.customer_id = :owner::uuid)
      AND (:before_at::timestamptz IS NULL OR (i.issued_at, i.id) < (:before_at::timestamptz, :before_id::uuid))
    ORDER BY i.issued_at DESC, i.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(json_build_object(
        'id', id, 'number', invoice_number_text(series, number), 'order_id', order_id, 'customer_id', customer_id, 'status', status,
        'currency', currency, 'total', total, 'paid', paid, 'issued_on', issued_on, 'issued_at', issued_at, 'paid_at', paid_at) ORDER BY place)
        FILTER (WHERE place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(cursor_time(issued_at), id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page
