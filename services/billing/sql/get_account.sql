-- An order's account with all of its receivables. No row: no such order.
-- pool: read
SELECT account_body(a, (SELECT json_agg(account_row(i) ORDER BY i.number) FROM installment i WHERE i.order_id = a.order_id)) AS body
FROM order_account a
WHERE a.order_id = :order_id::uuid
