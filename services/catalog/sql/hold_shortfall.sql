-- Which lines of a refused hold ask for more than there is: place in the request (from 0) and what is available.
-- pool: read
SELECT min(l.place) - 1 AS place, max(s.on_hand - s.held) AS available, sum(l.quantity) AS quantity
FROM ROWS FROM (jsonb_to_recordset(:lines::jsonb) AS (product_id uuid, quantity bigint)) WITH ORDINALITY AS l(product_id, quantity, place)
JOIN stock s USING (product_id)
GROUP BY l.product_id
HAVING sum(l.quantity) > max(s.on_hand - s.held)
ORDER BY 1
