-- A customer's statement of account, by business day and in the order of recording within it: each entry of the ledger that changed what they owe, with the balance after
-- it. Of some days: what stood before them opens it. The running balance needs every entry before the page, so all of the customer's are read; they are few.
-- pool: read
WITH entry AS (
    SELECT e.*, sum(e.amount) OVER (PARTITION BY e.currency ORDER BY e.effective_on, e.position)::bigint AS balance,
           (:from::date IS NULL OR e.effective_on >= :from::date) AS opened, (:to::date IS NULL OR e.effective_on <= :to::date) AS within
    FROM statement_entry e
    WHERE e.customer_id = :customer_id::uuid AND (:order_id::uuid IS NULL OR e.order_id = :order_id::uuid)
      AND (:contract_id::uuid IS NULL OR EXISTS (SELECT FROM order_account a WHERE a.order_id = e.order_id AND a.contract_id = :contract_id::uuid))
), page AS (
    SELECT e.*, row_number() OVER (ORDER BY e.effective_on, e.position) AS place FROM entry e
    WHERE e.opened AND e.within AND (:after_on::date IS NULL OR (e.effective_on, e.position) > (:after_on::date, :after::bigint))
    ORDER BY e.effective_on, e.position
    LIMIT :limit::int + 1
), balances AS (
    SELECT currency, sum(amount)::bigint AS balance, coalesce(sum(amount) FILTER (WHERE NOT opened), 0)::bigint AS opening,
           coalesce(sum(amount) FILTER (WHERE within), 0)::bigint AS closing
    FROM entry GROUP BY currency
)
SELECT json_build_object(
    'customer_id', :customer_id::uuid, 'from', :from::date, 'to', :to::date,
    'balances', coalesce((SELECT json_agg(json_build_object('currency', currency, 'amount', balance) ORDER BY currency) FROM balances), '[]'::json),
    'opening', coalesce((SELECT json_agg(json_build_object('currency', currency, 'amount', opening) ORDER BY currency) FROM balances), '[]'::json),
    'closing', coalesce((SELECT json_agg(json_build_object('currency', currency, 'amount', closing) ORDER BY currency) FROM balances), '[]'::json),
    'data', coalesce(json_agg(json_build_object(
        'id', p.entry_id, 'at', p.recorded_at, 'effective_on', p.effective_on, 'type', p.kind,
        'description', CASE p.kind WHEN 'sale' THEN 'Order ' WHEN 'payment' THEN 'Payment of order '
                                       WHEN 'change' THEN 'Change of order ' WHEN 'penalty' THEN 'Late charges of order '
                                       WHEN 'waiver' THEN 'Waiver of order ' WHEN 'credit' THEN 'Credit used for order '
                                       WHEN 'reallocation' THEN 'Spread anew of order ' WHEN 'dispute' THEN 'Disputed payment of order '
                                       WHEN 'recovery' THEN 'Recovered of order ' WHEN 'transfer' THEN 'Transfer of order '
                                       ELSE 'Refund of order ' END || p.order_id,
        'currency', p.currency, 'amount', p.amount, 'balance', p.balance, 'order_id', p.order_id, 'payment_id', p.payment_id)
        ORDER BY p.place) FILTER (WHERE p.place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(effective_on::text, position::text) FROM page WHERE place = :limit::int) END) AS body,
    count(*) > :limit::int AS more
FROM page p
