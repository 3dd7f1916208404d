-- Whom a quote is for, and what is in a cart of theirs that it is made from.
SELECT q.customer_id, NULL AS lines FROM quote q WHERE q.id = :quote_id::uuid
UNION ALL
SELECT c.customer_id, c.lines FROM cart c WHERE c.id = :cart_id::uuid AND c.customer_id = :customer_id::uuid AND c.merged_into IS NULL
