-- Of an order for which money came on an earlier day (:day): the payments that came later, in their order, and to which day being late has cost something. They are taken back and made again with it. No row: nothing came
-- or was charged since, or it cannot be told again: the contract was changed, something was waived, went back or is disputed, more was paid than was owed, too much came since, or what being late has cost is not what it
-- comes to by the policy alone. Then it pays what is owed now.
WITH upto AS MATERIALIZED (
    SELECT a.order_id, coalesce((SELECT max(i.late_until) FROM installment i WHERE i.order_id = a.order_id), :day::date) AS day FROM order_account a
    WHERE a.order_id = :order_id::uuid AND a.status = 'active' AND a.disputed = 0 AND a.in_flight IS NULL
), {{part lateness}}, since AS MATERIALIZED (
    SELECT m.payment_id, max(m.effective_on) AS day, sum(m.amount)::bigint AS amount,
           bool_and(m.kind IN ('payment', 'reallocation') AND m.payment_id IS NOT NULL) AS told FROM allocation m JOIN upto u USING (order_id)
    WHERE m.effective_on > :day::date
    GROUP BY m.payment_id
    HAVING sum(m.amount) <> 0 OR NOT bool_and(m.kind IN ('payment', 'reallocation'))
)
SELECT s.payment_id, s.amount, s.day, u.day AS closed, a.changes || '-' || a.paid AS revision
FROM upto u JOIN order_account a USING (order_id) LEFT JOIN since s ON true LEFT JOIN payment p ON p.id = s.payment_id
WHERE (s.payment_id IS NOT NULL OR EXISTS (SELECT FROM installment i WHERE i.order_id = u.order_id AND i.late_until > :day::date AND i.late_interest + coalesce(i.late_fee, 0) > 0))
  AND NOT EXISTS (SELECT FROM since n LEFT JOIN payment q ON q.id = n.payment_id WHERE NOT n.told OR q.status IS DISTINCT FROM 'succeeded' OR n.amount < 0)
  AND (SELECT count(*) FROM since) <= 100   -- statements of one unit
  AND NOT EXISTS (SELECT FROM receivable_change c WHERE c.order_id = u.order_id)
  AND NOT EXISTS (SELECT FROM allocation w WHERE w.order_id = u.order_id AND w.kind = 'waiver')
  AND NOT EXISTS (SELECT FROM lateness l WHERE l.before <> l.interest + coalesce(l.fee, 0))
  AND (NOT EXISTS (SELECT FROM since) OR :amount::bigint + a.paid < a.total - (SELECT sum(i.penalty) FROM installment i WHERE i.order_id = a.order_id))
ORDER BY s.day, p.completed_at, p.id
