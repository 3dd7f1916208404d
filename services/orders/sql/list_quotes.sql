-- Quotes, newest first: a customer's that were approved, for staff all or a customer's. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT q, q.id, row_number() OVER (ORDER BY q.id DESC) AS place
    FROM quote q
    WHERE q.id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AND (:customer_id::uuid IS NULL OR q.customer_id = :customer_id::uuid)
      AND (:owner::uuid IS NULL OR q.customer_id = :owner::uuid AND q.approved_version = q.version)
    ORDER BY q.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(quote_body(q, v, c.order_id, :now::timestamptz) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
JOIN quote_version v ON v.quote_id = page.id AND v.version = (page.q).version
LEFT JOIN cart c ON c.id = page.id
