-- A promotion.
-- pool: read
SELECT promotion_body(p)::text AS body FROM promotion p WHERE p.id = :id::uuid
