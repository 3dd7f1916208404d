-- Changes of a contract, newest first; no row where there is no such contract. One row more than asked tells whether there is a next page.
-- pool: read
WITH page AS MATERIALIZED (
    SELECT h.id, h, row_number() OVER (ORDER BY h.id DESC) AS place
    FROM contract_change h
    WHERE h.contract_id = :contract_id::uuid AND h.id < coalesce(:after::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      AND contract_change_visible(h, :owner::uuid)
    ORDER BY h.id DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'data', (SELECT coalesce(json_agg(contract_change_body_for(h, :now::timestamptz, :owner::uuid) ORDER BY place) FILTER (WHERE place <= :limit::int), '[]') FROM page),
    'next_cursor', (SELECT CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor(id::text) FROM page WHERE place = :limit::int) END FROM page))::text AS body
FROM contract c
WHERE c.id = :contract_id::uuid AND (:owner::uuid IS NULL OR c.customer_id = :owner::uuid)
