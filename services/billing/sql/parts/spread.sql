split AS (   -- `done`: a payment with the day its money came (paid_on), and as what allocations keep it (kept_as, kept_in); account and rows are locked. What is owed is paid by the rule
    SELECT d.*, a.total AS order_total, a.paid AS paid_before, a.status AS account_status, a.in_flight,
           CASE WHEN a.status = 'closed' THEN 0 ELSE least(d.received, a.total - a.paid) END AS applied
    FROM done d JOIN order_account a USING (order_id)
), account AS (
    UPDATE order_account a
    SET paid = a.paid + s.applied, in_flight = nullif(a.in_flight, s.id),
        status = CASE WHEN a.status IN ('closed', 'written_off') THEN a.status WHEN a.paid + s.applied < a.total THEN 'active' WHEN given_up(a.order_id) THEN 'written_off' ELSE 'settled' END
    FROM split s WHERE a.order_id = s.order_id
    RETURNING a.order_id, a.contract_id, a.customer_id, a.currency, a.total, a.paid,
              s.account_status = 'pending' AS first, a.status = 'settled' AND s.account_status <> 'settled' AS settled,
              a.status = 'written_off' AND s.account_status <> 'written_off' AS given_up
), given AS (
    SELECT applied AS amount FROM split
), rule AS (
    SELECT r.ranks, r.vertical, r.last_first FROM allocation_rule r
    WHERE r.transaction = (SELECT CASE WHEN s.kept_as = 'credit' THEN 'credit' WHEN s.source IN ('autopay', 'link') THEN s.source ELSE 'payment' END FROM split s)
    ORDER BY r.version DESC LIMIT 1
), owed AS (
    SELECT i.number, i.due_date, i.due_date + (:today::date - s.paid_on) AS due_on, p.place, p.owed, p.paid
    FROM split s JOIN installment i USING (order_id) CROSS JOIN LATERAL receivable_parts(i) AS p
    WHERE i.paid < i.total AND p.owed > 0
), {{part waterfall}}, allocated AS (
    SELECT number, sum(amount)::bigint AS amount, sum(paid + amount) FILTER (WHERE place = 0) AS penalty, sum(paid + amount) FILTER (WHERE place = 1) AS fees,
           sum(paid + amount) FILTER (WHERE place = 2) AS interest, sum(paid + amount) FILTER (WHERE place = 3) AS tax,
           sum(paid + amount) FILTER (WHERE place = 4) AS principal
    FROM waterfall GROUP BY number
), updated AS (
    UPDATE installment i
    SET paid = i.paid + l.amount, paid_penalty = coalesce(l.penalty, 0), paid_fees = coalesce(l.fees, 0), paid_interest = coalesce(l.interest, 0),
        paid_tax = coalesce(l.tax, 0), paid_principal = coalesce(l.principal, 0), revision = i.revision + 1, status = installment_status(i.total, i.paid + l.amount, i.due_date, :today::date),
        next_attempt_on = CASE WHEN i.paid + l.amount < i.total THEN i.next_attempt_on END
    FROM allocated l CROSS JOIN split s
    WHERE i.order_id = s.order_id AND i.number = l.number AND s.applied > 0 AND i.status NOT IN ('rescheduled', 'written_off', 'canceled')
      AND (l.amount > 0 OR i.status <> installment_status(i.total, i.paid, i.due_date, :today::date))
    RETURNING i.*, l.amount AS allocated
), kept AS (
    INSERT INTO allocation (order_id, number, part, kind, amount, payment_id, entry_id, effective_on, recorded_at)
    SELECT s.order_id, w.number, (ARRAY['penalty', 'fees', 'interest', 'tax', 'principal'])[w.place + 1], s.kept_as, w.amount, s.id, s.kept_in, s.paid_on, :now::timestamptz
    FROM split s CROSS JOIN waterfall w WHERE w.amount > 0
)
