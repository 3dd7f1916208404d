-- One page of what is past due: what being late costs up to the day that begins. What it costs from its first day on becomes overdue by the same change of its row (day_close_status finds
-- the others). Interest is the sum over the days that nothing was done for yet, each with what was overdue at its end and its
-- rate, added to the exact sum so far and rounded with it: day by day or at once it is the same. A late fee once, by the policy of the first day late. Not within the days of grace, and then from the due date on.
WITH policy AS MATERIALIZED (
    SELECT * FROM late_policy WHERE annual_rate > 0 OR fees <> '[]'
), fee AS MATERIALIZED (
    SELECT y.valid_from, y.ends, y.basis, t.* FROM policy y CROSS JOIN jsonb_to_recordset(y.fees) AS t(currency text, flat bigint, percent numeric, installment_max bigint, contract_max bigint)
), page AS (   -- each from its index
    SELECT * FROM (
        (SELECT i.* FROM installment i
         WHERE i.status = 'overdue' AND i.due_date < :date::date AND EXISTS (SELECT FROM policy)
           AND (i.autopay OR NOT is_lapsing(i.order_id, i.number, :date::date))
           AND (i.due_date, i.order_id, i.number) > (:after_date::date, :after_order::uuid, :after_number::int)
           AND (get_byte(uuid_send(i.customer_id), 15) & 1) = :half::int
         ORDER BY i.due_date, i.order_id, i.number
         LIMIT :limit::int)
        UNION ALL
        (SELECT i.* FROM installment i
         WHERE i.status IN ('scheduled', 'due', 'partially_paid') AND i.due_date < :date::date AND EXISTS (SELECT FROM policy)
           AND (i.autopay OR NOT is_lapsing(i.order_id, i.number, :date::date))
           AND (i.due_date, i.order_id, i.number) > (:after_date::date, :after_order::uuid, :after_number::int)
           AND (get_byte(uuid_send(i.customer_id), 15) & 1) = :half::int
         ORDER BY i.due_date, i.order_id, i.number
         LIMIT :limit::int)) AS i
    ORDER BY i.due_date, i.order_id, i.number
    LIMIT :limit::int
), locked AS MATERIALIZED (
    SELECT a.order_id FROM order_account a
    WHERE a.order_id = ANY (ARRAY(SELECT order_id FROM page)) AND a.status = 'active'
    ORDER BY a.order_id
    FOR NO KEY UPDATE
), frozen AS MATERIALIZED (   -- the days at whose end a payment of an order was disputed: nothing of it was taken automatically then, so being late cost nothing
    SELECT k.order_id, (k.opened_at AT TIME ZONE :zone)::date AS first, coalesce((k.closed_at AT TIME ZONE :zone)::date, 'infinity') AS ends
    FROM dispute k WHERE k.order_id = ANY (ARRAY(SELECT order_id FROM page))
), grace AS (
    SELECT coalesce((SELECT grace_days FROM late_policy WHERE valid_from < :date::date AND ends >= :date::date), 0) AS days
), late AS MATERIALIZED (   -- nothing of a page is joined but by a key: the plan is made while the table is small
    SELECT p.*, a.currency, a.contract_id, coalesce(p.late_until, p.due_date) AS since,
           CASE WHEN p.paid = p.paid_penalty + p.paid_fees + p.paid_interest + p.paid_tax + p.paid_principal THEN p.principal - p.paid_principal
                ELSE least(p.principal, p.total - p.paid) END AS principal_owed,
           p.total - p.penalty - p.paid + p.paid_penalty AS total_owed
    FROM page p JOIN order_account a USING (order_id)
    WHERE (SELECT count(*) FROM locked) > 0 AND a.status = 'active' AND coalesce(p.late_until, '-infinity') < :date::date
      AND :date::date - p.due_date > (SELECT g.days FROM grace g)
      AND NOT EXISTS (SELECT FROM frozen z WHERE z.order_id = p.order_id AND z.first < :date::date AND z.ends >= :date::date)
), day AS MATERIALIZED (
    SELECT d.day, y.basis, least(y.annual_rate * y.parts, legal_rate_on(:country, d.day) * 360) AS rate
    FROM policy y
    CROSS JOIN (SELECT min(since) AS since FROM late) AS s
    CROSS JOIN LATERAL (SELECT greatest(s.since, y.valid_from) AS first, least(:date::date, y.ends) AS ends) AS span
    CROSS JOIN LATERAL (SELECT span.first + n AS day FROM generate_series(0, span.ends - span.first - 1) AS n) AS d
    WHERE y.annual_rate > 0
), cost AS (
    SELECT l.*, c.sum, f.amount, f.contract_max,
           sum(f.amount) OVER (PARTITION BY l.order_id ORDER BY l.due_date, l.number ROWS UNBOUNDED PRECEDING) - f.amount
           + (SELECT coalesce(sum(o.late_fee), 0) FROM installment o WHERE f.amount IS NOT NULL AND o.order_id = l.order_id) AS charged
    FROM late l
    CROSS JOIN LATERAL (   -- what was paid, waived or written off since the end of a day was owed on it; what went back since was not
        SELECT sum(d.rate * greatest(CASE d.basis WHEN 'overdue_principal' THEN l.principal_owed ELSE l.total_owed END
                             + coalesce((SELECT sum(m.amount) FROM allocation m
                                         WHERE m.order_id = l.order_id AND m.number = l.number AND m.effective_on > d.day AND m.kind <> 'change'
                                           AND (m.part = 'principal' OR d.basis = 'overdue_total' AND m.part <> 'penalty')), 0), 0)) AS sum
        FROM day d WHERE d.day >= l.since AND NOT EXISTS (SELECT FROM frozen z WHERE z.order_id = l.order_id AND z.first <= d.day AND z.ends > d.day)) AS c
    CROSS JOIN LATERAL (
        SELECT sum(least(t.flat + round(t.percent * CASE t.basis WHEN 'overdue_principal' THEN l.principal_owed ELSE l.total_owed END), t.installment_max)) AS amount,
               max(t.contract_max) AS contract_max
        FROM fee t
        WHERE l.late_fee IS NULL AND t.valid_from <= l.due_date + 1 AND t.ends > l.due_date + 1 AND t.currency = l.currency) AS f
), charged AS MATERIALIZED (
    SELECT c.*, c.late_sum + coalesce(c.sum, 0) AS sum_after, round((c.late_sum + coalesce(c.sum, 0)) / 131400)::bigint AS interest_after,
           CASE WHEN c.amount IS NOT NULL THEN greatest(least(c.amount, c.contract_max - c.charged), 0)::bigint END AS fee
    FROM cost c
    WHERE c.sum IS NOT NULL OR c.amount IS NOT NULL
), updated AS (
    UPDATE installment i
    SET status = 'overdue', late_until = :date::date, late_sum = c.sum_after, late_interest = c.interest_after, late_fee = coalesce(c.fee, i.late_fee),
        penalty = i.penalty + c.interest_after - i.late_interest + coalesce(c.fee, 0), total = i.total + c.interest_after - i.late_interest + coalesce(c.fee, 0),
        revision = i.revision + (c.status <> 'overdue' OR c.interest_after - i.late_interest + coalesce(c.fee, 0) > 0)::int
    FROM charged c
    WHERE i.order_id = c.order_id AND i.number = c.number
      AND (i.total, i.paid, i.revision, i.status) = (c.total, c.paid, c.revision, c.status) AND i.late_until IS NOT DISTINCT FROM c.late_until   -- nothing has happened to it meanwhile
    RETURNING i.*, c.currency, c.contract_id, c.status AS was, c.interest_after - c.late_interest AS interest_added, coalesce(c.fee, 0) AS fee_added
), owed AS (
    UPDATE order_account a SET total = a.total + u.added, changes = a.changes + 1
    FROM (SELECT order_id, sum(interest_added + fee_added)::bigint AS added FROM updated GROUP BY order_id) AS u
    WHERE a.order_id = u.order_id AND u.added > 0
), posted AS (   -- all the page's locks come before the chains'
    SELECT post_together(array_agg(ROW(entry_id(u.order_id, 'penalty:' || u.number || ':' || :date::date), l.line, 'penalty', 'receivable', 'penalty_income', l.amount,
                                       u.currency, u.customer_id, u.order_id, u.number, NULL, :date::date, :now::timestamptz)::new_posting
                                   ORDER BY u.order_id, u.number, l.line)) AS lines
    FROM updated u CROSS JOIN LATERAL (VALUES (1, u.interest_added), (2, u.fee_added)) AS l(line, amount)
    WHERE l.amount > 0
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at, epoch)   -- asked for once a page
    SELECT 'installment.updated', u.order_id::text, u.customer_id,
           jsonb_build_object('order_id', u.order_id, 'contract_id', u.contract_id, 'customer_id', u.customer_id, 'currency', u.currency,
                              'number', u.number, 'revision', u.revision, 'due_date', u.due_date, 'total', u.total, 'paid', u.paid, 'outstanding', u.total - u.paid,
                              'status', u.status, 'dpd', :date::date - u.due_date)
           || CASE WHEN u.was = 'overdue' THEN jsonb_build_object('late', u.interest_added + u.fee_added) ELSE '{}' END,
           :trace, :now::timestamptz, (SELECT cuotas_epoch())
    FROM updated u
    WHERE u.was <> 'overdue' OR u.interest_added + u.fee_added > 0
    ORDER BY u.order_id, u.number
), last AS (
    SELECT * FROM page ORDER BY due_date DESC, order_id DESC, number DESC LIMIT 1
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM updated) AS changed, (SELECT lines FROM posted) AS posted,
       (SELECT count(*) FROM charged) - (SELECT count(*) FROM updated) AS stale, l.due_date AS last_date, l.order_id AS last_order,
       l.number AS last_number
FROM (SELECT) AS one LEFT JOIN last l ON true
