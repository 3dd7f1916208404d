-- A customer's statement of account, oldest first: each entry of the ledger that changed what they owe, with the balance after
-- it. The running balance needs every entry before the page, so all of the customer's are read; they are few.
-- pool: read
WITH entry AS (
    SELECT e.*, sum(e.amount) OVER (PARTITION BY e.currency ORDER BY e.position)::bigint AS balance
    FROM statement_entry e
    WHERE e.customer_id = :customer_id::uuid
), page AS (
    SELECT e.*, row_number() OVER (ORDER BY e.position) AS place FROM entry e
    WHERE :after::bigint IS NULL OR e.position > :after::bigint
    ORDER BY e.position
    LIMIT :limit::int + 1
), balances AS (
    SELECT currency, sum(amount)::bigint AS balance FROM entry GROUP BY currency
)
SELECT json_build_object(
    'customer_id', :customer_id::uuid,
    'balances', coalesce((SELECT json_agg(json_build_object('currency', currency, 'amount', balance) ORDER BY currency) FROM balances), '[]'::json),
    'data', coalesce(json_agg(json_build_object(
        'id', p.entry_id, 'at', p.recorded_at, 'effective_on', p.effective_on, 'type', p.kind,
        'description', CASE p.kind WHEN 'sale' THEN 'Order ' WHEN 'payment' THEN 'Payment of order '
                                       WHEN 'change' THEN 'Change of order ' WHEN 'penalty' THEN 'Late charges of order '
                                       WHEN 'waiver' THEN 'Waiver of order ' WHEN 'credit' THEN 'Credit used for order ' WHEN 'reallocation' THEN 'Spread anew of order ' WHEN 'dispute' THEN 'Disputed payment of order '
                                       ELSE 'Refund of order ' END || p.order_id,
        'currency', p.currency, 'amount', p.amount, 'balance', p.balance, 'order_id', p.order_id, 'payment_id', p.payment_id)
        ORDER BY p.place) FILTER (WHERE p.place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(position::text) FROM page WHERE place = :limit::int) END) AS body
FROM page p
