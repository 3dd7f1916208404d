-- Direct debits, by their ids; the slow pool plans by what is asked for. One row more than asked tells whether there is a next page.
-- pool: slow
WITH page AS (
    SELECT d, d.id, row_number() OVER (ORDER BY d.id) AS place
    FROM direct_debit d
    WHERE d.id > coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000') AND (:batch_id::uuid IS NULL OR d.batch_id = :batch_id::uuid)
      AND (:order_id::uuid IS NULL OR d.order_id = :order_id::uuid) AND (:status::text IS NULL OR d.status = :status)
    ORDER BY d.id
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', coalesce(json_agg(direct_debit_body(p.d) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END) AS body
FROM page p
