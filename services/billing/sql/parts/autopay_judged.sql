-- What automatic payments of a day (:date) do about receivables (`page`) of orders (`account`): passed_by is why one is not tried, NULL when it is. One of an order a day, the oldest that is
-- to be tried; only by the method saved last, unless its provider takes another currency only (:currencies).
judged AS MATERIALIZED (
    SELECT p.*, a.contract_id, a.currency, m.id AS method_id, m.provider, m.token, m.brand, m.last4,
           CASE WHEN a.status <> 'active' THEN 'order_not_active'
                WHEN a.disputed > 0 THEN 'disputed'
                WHEN a.in_flight IS NOT NULL OR EXISTS (SELECT FROM direct_debit u WHERE u.order_id = a.order_id AND u.status = 'pending') THEN 'payment_in_progress'
                WHEN EXISTS (SELECT FROM payment o WHERE o.order_id = p.order_id AND o.autopay_on = :date::date)
                  OR EXISTS (SELECT FROM installment o WHERE o.order_id = p.order_id AND o.next_attempt_on <= :date::date
                             AND (o.due_date, o.number) < (p.due_date, p.number)) THEN 'one_a_day'
                WHEN d.id IS NULL THEN 'no_method' WHEN m.id IS NULL THEN 'currency_not_taken' END AS passed_by
    FROM page p
    JOIN account a USING (order_id)
    LEFT JOIN LATERAL (SELECT d.* FROM payment_method d WHERE d.customer_id = p.customer_id AND d.saved_at IS NOT NULL
                       ORDER BY d.saved_at DESC, d.id DESC LIMIT 1) AS d ON d.status = 'active' AND d.revoked_at IS NULL   -- a mandate is `signed`: collected by a batch of direct debits
    LEFT JOIN LATERAL (SELECT d.* WHERE a.currency = coalesce(:currencies::jsonb ->> d.provider, a.currency)) AS m ON m.id IS NOT NULL
)
