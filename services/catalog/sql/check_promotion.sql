-- A code as a customer could use it now, or why not.
-- pool: read
SELECT coalesce(promotion_problem(p, :now::timestamptz),
                CASE WHEN p.used >= p.max_uses OR c.used >= p.max_uses_per_customer THEN 'promotion_used_up' END) AS problem,
       promotion_body(p)::text AS body
FROM (SELECT upper(:code) AS code) AS wanted
LEFT JOIN promotion p ON p.code = wanted.code
LEFT JOIN promotion_customer c ON c.promotion_id = p.id AND c.customer_id = :customer_id::uuid
