-- One page of the receivables whose interest a day earns: on the due date, paid or not. Those that day_close_status made due have earned it there.
WITH page AS (
    SELECT i.order_id, i.number, i.due_date FROM installment i
    WHERE NOT i.accrued AND i.interest > 0 AND i.status <> 'canceled' AND i.due_date <= :date::date
      AND (i.due_date, i.order_id, i.number) > (:after_date::date, :after_order::uuid, :after_number::int)
      AND (get_byte(uuid_send(i.customer_id), 15) & 1) = :half::int
    ORDER BY i.due_date, i.order_id, i.number
    LIMIT :limit::int
    FOR NO KEY UPDATE
), accrued AS (
    UPDATE installment i SET accrued = true
    FROM page p JOIN order_account a USING (order_id)
    WHERE i.order_id = p.order_id AND i.number = p.number AND a.status IN ('active', 'settled', 'written_off') AND NOT i.accrued
    RETURNING i.*, a.currency
), posted AS (   -- all the page's locks come before the chains'
    SELECT post_together(array_agg(ROW(entry_id(order_id, 'interest:' || number), 1, 'interest', 'deferred_interest', 'interest_income', interest, currency,
                                       customer_id, order_id, number, NULL, due_date, :now::timestamptz)::new_posting ORDER BY order_id, number)) AS lines
    FROM accrued
), last AS (
    SELECT * FROM page ORDER BY due_date DESC, order_id DESC, number DESC LIMIT 1
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM accrued) AS changed, (SELECT lines FROM posted) AS posted, l.due_date AS last_date, l.order_id AS last_order,
       l.number AS last_number
FROM (SELECT) AS one LEFT JOIN last l ON true
