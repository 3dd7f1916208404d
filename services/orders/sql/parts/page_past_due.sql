-- `page` (id, o, place) of orders past due as an answer; the cursor: days since 2000-01-01 and the id.
SELECT json_build_object(
    'data', {{part orders_of_page}},
    'next_cursor', CASE WHEN max(place) > :limit::int THEN (SELECT cuotas_cursor((((o).overdue_since - date '2000-01-01'))::text, id::text) FROM page WHERE place = :limit::int) END)::text AS body
FROM page
JOIN contract c ON c.id = (page.o).contract_id
