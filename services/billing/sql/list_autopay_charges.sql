-- What the close of a day would do about receivables that automatic payments are to try by it, if it ran now: the next ones in its order.
-- pool: read
WITH page AS (
    SELECT i.order_id, i.number, i.customer_id, i.next_attempt_on, i.due_date, i.total - i.paid AS outstanding, i.attempts FROM installment i
    WHERE i.next_attempt_on <= :date::date
      AND (i.next_attempt_on, i.order_id, i.number) > (coalesce(:after_date::date, '-infinity'), coalesce(:after_order::uuid, '00000000-0000-0000-0000-000000000000'), coalesce(:after_number::int, -1))
    ORDER BY i.next_attempt_on, i.order_id, i.number
    LIMIT :limit::int + 1
), account AS (
    SELECT a.* FROM order_account a WHERE a.order_id = ANY (ARRAY(SELECT order_id FROM page))
), {{part autopay_judged}}, placed AS (
    SELECT j.*, row_number() OVER (ORDER BY j.next_attempt_on, j.order_id, j.number) AS place FROM judged j
)
SELECT json_build_object(
    'date', :date::date,
    'data', coalesce(json_agg(json_build_object(
        'order_id', order_id, 'number', number, 'customer_id', customer_id, 'due_date', due_date, 'planned_on', next_attempt_on, 'amount', outstanding, 'currency', currency,
        'attempt', attempts + 1, 'payment_method_id', method_id, 'provider', provider, 'brand', brand, 'last4', last4, 'passed_by', passed_by) ORDER BY place)
        FILTER (WHERE place <= :limit::int), '[]'),
    'next_cursor', CASE WHEN count(*) > :limit::int
                        THEN (SELECT cuotas_cursor(next_attempt_on::text, order_id::text, number::text) FROM placed WHERE place = :limit::int) END) AS body
FROM placed
