-- What the close of a day would charge automatically if it ran now, and why it would not: in sums.
-- pool: slow
WITH page AS (
    SELECT i.order_id, i.number, i.customer_id, i.next_attempt_on, i.due_date, i.total - i.paid AS outstanding, i.attempts FROM installment i
    WHERE i.next_attempt_on <= :date::date
), account AS (
    SELECT a.* FROM order_account a WHERE a.order_id IN (SELECT order_id FROM page)
), {{part autopay_judged}}, counted AS (
    SELECT currency, provider, passed_by, count(*) AS count, sum(outstanding)::bigint AS amount FROM judged GROUP BY currency, provider, passed_by
)
SELECT json_build_object('date', :date::date, 'data', coalesce(json_agg(c ORDER BY c.passed_by NULLS FIRST, c.currency, c.provider), '[]')) AS body FROM counted c
