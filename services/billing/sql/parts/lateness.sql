overdue AS MATERIALIZED (   -- of `upto` (order_id, day): what being late had cost each row when that day began, from its first day late on; by what is owed now, and was paid since each day
    SELECT i.*, u.day AS upto, a.currency, i.principal - i.paid_principal AS principal_owed, i.total - i.penalty - i.paid + i.paid_penalty AS total_owed,
           i.due_date + coalesce((SELECT p.grace_days FROM late_policy p WHERE p.valid_from < u.day AND p.ends >= u.day), 0) AS grace_ends
    FROM upto u JOIN order_account a USING (order_id) JOIN installment i USING (order_id)
    WHERE i.due_date < u.day AND i.status NOT IN ('rescheduled', 'written_off', 'canceled')
      AND (i.autopay OR NOT is_lapsing(i.order_id, i.number, u.day))
), balance AS MATERIALIZED (   -- at the end of each day
    SELECT o.number, d.day, greatest(o.principal_owed + coalesce(m.principal, 0), 0) AS principal_owed, greatest(o.total_owed + coalesce(m.total, 0), 0) AS total_owed
    FROM overdue o
    CROSS JOIN LATERAL (SELECT o.due_date + n AS day FROM generate_series(0, greatest(o.upto, o.grace_ends + 1) - o.due_date - 1) AS n) AS d
    CROSS JOIN LATERAL (SELECT sum(m.amount) FILTER (WHERE m.part = 'principal') AS principal, sum(m.amount) FILTER (WHERE m.part <> 'penalty') AS total FROM allocation m
                        WHERE m.order_id = o.order_id AND m.number = o.number AND m.effective_on > d.day AND m.kind <> 'change') AS m
), costing AS MATERIALIZED (
    SELECT o.number, o.due_date, f.amount, f.contract_max, coalesce(c.sum, 0) AS sum
    FROM overdue o
    JOIN balance b ON b.number = o.number AND b.day = o.grace_ends AND b.total_owed > 0
    CROSS JOIN LATERAL (
        SELECT sum(least(y.annual_rate * y.parts, legal_rate_on(:country, e.day) * 360) * CASE y.basis WHEN 'overdue_principal' THEN e.principal_owed ELSE e.total_owed END) AS sum
        FROM balance e JOIN late_policy y ON y.valid_from <= e.day AND y.ends > e.day AND y.annual_rate > 0
        WHERE e.number = o.number AND e.day < o.upto) AS c
    CROSS JOIN LATERAL (
        SELECT sum(least(t.flat + round(t.percent * CASE y.basis WHEN 'overdue_principal' THEN b.principal_owed ELSE b.total_owed END), t.installment_max)) AS amount,
               max(t.contract_max) AS contract_max
        FROM late_policy y CROSS JOIN jsonb_to_recordset(y.fees) AS t(currency text, flat bigint, percent numeric, installment_max bigint, contract_max bigint)
        WHERE y.valid_from <= o.due_date + 1 AND y.ends > o.due_date + 1 AND t.currency = o.currency) AS f
    WHERE o.grace_ends < o.upto
), lateness AS MATERIALIZED (
    SELECT i.number, i.late_interest + coalesce(i.late_fee, 0) AS before, coalesce(c.sum, 0) AS sum, round(coalesce(c.sum, 0) / 131400)::bigint AS interest,
           CASE WHEN c.number IS NOT NULL THEN u.day END AS until,
           CASE WHEN c.amount IS NOT NULL
                THEN greatest(least(c.amount, c.contract_max - sum(c.amount) OVER (ORDER BY i.due_date, i.number ROWS UNBOUNDED PRECEDING) + c.amount), 0)::bigint END AS fee
    FROM upto u JOIN installment i USING (order_id) LEFT JOIN costing c USING (number)
    WHERE i.status NOT IN ('rescheduled', 'written_off', 'canceled')
)
