-- One product, from its stored document.
-- pool: read
SELECT p.doc || ',"available":' || (s.on_hand - s.held) || '}' AS body
FROM product p
JOIN stock s ON s.product_id = p.id
WHERE p.id = :id::uuid
