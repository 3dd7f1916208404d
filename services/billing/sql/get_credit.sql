-- What is owed to a customer, by currency, and the entries of the ledger behind it, newest first. The balance after each needs every one before it: all of the
-- customer's are read; they are few.
-- pool: read
WITH entry AS (
    SELECT max(p.id) AS position, p.entry_id, p.kind, p.order_id, max(p.payment_id::text)::uuid AS payment_id, p.currency, p.effective_on, p.recorded_at,
           sum(CASE WHEN p.credit_account = 'customer_credit' THEN p.amount ELSE -p.amount END)::bigint AS amount
    FROM posting p
    WHERE p.customer_id = :customer_id::uuid AND (p.credit_account = 'customer_credit' OR p.debit_account = 'customer_credit')
    GROUP BY p.entry_id, p.kind, p.order_id, p.currency, p.effective_on, p.recorded_at, p.credit_account = 'customer_credit'
), running AS (
    SELECT e.*, sum(e.amount) OVER (PARTITION BY e.currency ORDER BY e.position)::bigint AS balance FROM entry e
), page AS (
    SELECT r.*, row_number() OVER (ORDER BY r.position DESC) AS place FROM running r
    WHERE r.position < coalesce(:before::bigint, 9223372036854775807)
    ORDER BY r.position DESC
    LIMIT :limit::int + 1
)
SELECT json_build_object(
    'customer_id', :customer_id::uuid,
    'balances', coalesce((SELECT json_agg(json_build_object('currency', c.currency, 'balance', c.balance, 'on_its_way', c.on_its_way, 'available', c.balance - c.on_its_way)
                                          ORDER BY c.currency) FROM credit_of(:customer_id::uuid) AS c), '[]'::json),
    'data', coalesce(json_agg(json_build_object('id', p.entry_id, 'kind', p.kind, 'at', p.recorded_at, 'effective_on', p.effective_on, 'currency', p.currency,
                                                'amount', p.amount, 'balance', p.balance, 'order_id', p.order_id, 'payment_id', p.payment_id)
                              ORDER BY p.place) FILTER (WHERE p.place <= :limit::int), '[]'::json),
    'next_cursor', CASE WHEN count(*) > :limit::int THEN (SELECT cuotas_cursor(position::text) FROM page WHERE place = :limit::int) END) AS body
FROM page p
