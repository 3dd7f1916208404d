-- An order as it stood at the end of a day (after lock_schedule, in its unit): payments that came later are taken back, and what being late cost since. The unit makes them again; the
-- ledger hears of the difference at its end (post_replay).
WITH upto AS MATERIALIZED (
    SELECT :order_id::uuid AS order_id, :day::date AS day
), {{part lateness}}, since AS MATERIALIZED (
    SELECT m.payment_id, m.number, m.part, m.effective_on, sum(m.amount)::bigint AS amount FROM allocation m
    WHERE m.order_id = :order_id::uuid AND m.effective_on > :day::date AND m.kind IN ('payment', 'reallocation')
    GROUP BY m.payment_id, m.number, m.part, m.effective_on
    HAVING sum(m.amount) <> 0
), journal AS (
    INSERT INTO allocation (order_id, number, part, kind, amount, payment_id, entry_id, effective_on, recorded_at)
    SELECT :order_id::uuid, s.number, s.part, 'reallocation', -s.amount, s.payment_id, :id::uuid, s.effective_on, :now::timestamptz FROM since s
    ORDER BY s.effective_on, s.number
), taken AS (
    SELECT number, sum(amount)::bigint AS amount, coalesce(sum(amount) FILTER (WHERE part = 'penalty'), 0) AS penalty, coalesce(sum(amount) FILTER (WHERE part = 'fees'), 0) AS fees,
           coalesce(sum(amount) FILTER (WHERE part = 'interest'), 0) AS interest, coalesce(sum(amount) FILTER (WHERE part = 'tax'), 0) AS tax,
           coalesce(sum(amount) FILTER (WHERE part = 'principal'), 0) AS principal
    FROM since GROUP BY number
), updated AS (
    UPDATE installment i
    SET paid = i.paid - x.taken, paid_penalty = i.paid_penalty - x.penalty, paid_fees = i.paid_fees - x.fees, paid_interest = i.paid_interest - x.interest,
        paid_tax = i.paid_tax - x.tax, paid_principal = i.paid_principal - x.principal, penalty = i.penalty - x.less, total = i.total - x.less,
        late_until = x.until, late_sum = x.sum, late_interest = x.late_interest, late_fee = x.late_fee, revision = i.revision + 1,
        status = installment_status(i.total - x.less, i.paid - x.taken, i.due_date, :today::date)
    FROM (SELECT l.number, coalesce(t.amount, 0) AS taken, coalesce(t.penalty, 0) AS penalty, coalesce(t.fees, 0) AS fees, coalesce(t.interest, 0) AS interest, coalesce(t.tax, 0) AS tax,
                 coalesce(t.principal, 0) AS principal, l.before - l.interest - coalesce(l.fee, 0) AS less, l.until, l.sum, l.interest AS late_interest, l.fee AS late_fee
          FROM lateness l LEFT JOIN taken t USING (number)) AS x
    WHERE i.order_id = :order_id::uuid AND i.number = x.number AND (x.taken <> 0 OR x.less <> 0 OR i.late_until IS DISTINCT FROM x.until)
    RETURNING x.taken, x.less
), account AS (
    UPDATE order_account a SET paid = a.paid - u.taken, total = a.total - u.less, changes = a.changes + 1
    FROM (SELECT sum(taken)::bigint AS taken, sum(less)::bigint AS less FROM updated) AS u
    WHERE a.order_id = :order_id::uuid AND u.taken IS NOT NULL
)
SELECT CASE WHEN a.changes || '-' || a.paid <> :revision THEN cuotas_fail('unavailable', 'something else was paid in this moment') END AS checked
FROM order_account a WHERE a.order_id = :order_id::uuid
