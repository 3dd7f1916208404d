-- The active hold of a reference, if it has the lines asked.
WITH line AS (
    SELECT product_id, sum(quantity)::bigint AS quantity
    FROM jsonb_to_recordset(:lines::jsonb) AS l(product_id uuid, quantity bigint)
    GROUP BY product_id
)
SELECT CASE WHEN EXISTS (
           SELECT FROM jsonb_to_recordset(r.lines) AS h(product_id uuid, quantity bigint)
           FULL JOIN line USING (product_id)
           WHERE h.quantity IS DISTINCT FROM line.quantity) THEN 'reservation_differs' END AS problem,
       json_build_object('reservation_id', id, 'currency', currency, 'total', total, 'lines', lines)::text AS body
FROM reservation r
WHERE reference = :reference AND status NOT IN ('released', 'expired')
