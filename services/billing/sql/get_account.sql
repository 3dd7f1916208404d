-- An order's account with all of its receivables, and what was waived of them but for being late. No row: no such order.
-- pool: read
SELECT (account_body(a, (SELECT json_agg(account_row(i) ORDER BY i.number) FROM installment i WHERE i.order_id = a.order_id))::jsonb
        || jsonb_build_object('waived', coalesce((SELECT jsonb_agg(w) FROM (SELECT m.number, m.part, sum(m.amount)::bigint AS amount FROM allocation m
                                                                             WHERE m.order_id = a.order_id AND m.kind = 'waiver' AND m.part <> 'penalty'
                                                                             GROUP BY m.number, m.part) AS w), '[]')))::text AS body
FROM order_account a
WHERE a.order_id = :order_id::uuid
