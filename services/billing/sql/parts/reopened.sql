own AS MATERIALIZED (   -- what the payment has paid of each part, and nobody has taken back since
    SELECT a.number, a.part, sum(a.amount) AS amount FROM back b JOIN allocation a ON a.order_id = b.order_id AND a.payment_id = b.payment_id
    GROUP BY a.number, a.part
), held AS MATERIALIZED (
    SELECT i.order_id, i.number, i.due_date, p.place, p.part, p.paid, least(greatest(coalesce(o.amount, 0), 0), p.paid) AS mine
    FROM back b JOIN installment i USING (order_id) CROSS JOIN LATERAL receivable_parts(i) AS p
    LEFT JOIN own o ON o.number = i.number AND o.part = p.part
    WHERE i.paid > 0
), turn AS (   -- what the payment paid goes first, then, where a change has moved what it paid, any other; the newest due first, and of a row what is paid last
    SELECT h.order_id, h.number, h.place, t.amount,
           sum(t.amount) OVER (ORDER BY t.rank, h.due_date DESC, h.number DESC, h.place DESC ROWS UNBOUNDED PRECEDING) - t.amount AS before
    FROM held h CROSS JOIN LATERAL (VALUES (1, h.mine), (2, h.paid - h.mine)) AS t(rank, amount)
    WHERE t.amount > 0
), taken AS MATERIALIZED (
    SELECT t.order_id, t.number, t.place, sum(least(t.amount, b.amount - t.before))::bigint AS amount
    FROM turn t JOIN back b USING (order_id)
    WHERE t.before < b.amount
    GROUP BY t.order_id, t.number, t.place
), stays AS (
    SELECT h.order_id, h.number, sum(coalesce(t.amount, 0))::bigint AS taken, sum(h.paid - coalesce(t.amount, 0)) FILTER (WHERE h.place = 0) AS penalty,
           sum(h.paid - coalesce(t.amount, 0)) FILTER (WHERE h.place = 1) AS fees, sum(h.paid - coalesce(t.amount, 0)) FILTER (WHERE h.place = 2) AS interest,
           sum(h.paid - coalesce(t.amount, 0)) FILTER (WHERE h.place = 3) AS tax, sum(h.paid - coalesce(t.amount, 0)) FILTER (WHERE h.place = 4) AS principal
    FROM held h LEFT JOIN taken t USING (order_id, number, place)
    GROUP BY h.order_id, h.number
    HAVING sum(t.amount) > 0
), account AS (
    UPDATE order_account a
    SET paid = a.paid - b.amount, changes = a.changes + 1, disputed = a.disputed + b.disputed, status = CASE WHEN b.amount > 0 THEN 'active' ELSE a.status END
    FROM back b WHERE a.order_id = b.order_id
    RETURNING a.order_id, a.contract_id, a.customer_id, a.currency, a.total, a.paid, b.account_status IN ('settled', 'written_off') AND b.amount > 0 AS reopened
), updated AS (   -- it is taken automatically on its day, when that has not come yet; what was due is its customer's to pay, and what was disputed is never taken by itself again, by no other method either
    UPDATE installment i
    SET autopay = i.autopay AND b.charge_again, paid = i.paid - t.taken, paid_penalty = t.penalty, paid_fees = t.fees, paid_interest = t.interest, paid_tax = t.tax, paid_principal = t.principal,
        revision = i.revision + 1, status = installment_status(i.total, i.paid - t.taken, i.due_date, :today::date),
        reminded = i.reminded AND i.due_date <= :today::date, attempts_before = i.attempts, first_attempt_on = NULL,
        next_attempt_on = CASE WHEN b.charge_again AND i.autopay AND i.number > 0 AND i.due_date > :today::date THEN i.due_date END
    FROM stays t JOIN back b USING (order_id)
    WHERE i.order_id = t.order_id AND i.number = t.number
    RETURNING i.*, t.taken
), journal AS (
    INSERT INTO allocation (order_id, number, part, kind, amount, payment_id, entry_id, effective_on, recorded_at)
    SELECT b.order_id, t.number, (ARRAY['penalty', 'fees', 'interest', 'tax', 'principal'])[t.place + 1], b.kind, -t.amount, b.payment_id, b.entry_id,
           :today::date, :now::timestamptz
    FROM taken t JOIN back b USING (order_id)
    ORDER BY t.number, t.place
), invoice_open AS (
    UPDATE invoice SET status = 'open', paid_at = NULL
    WHERE order_id = (SELECT a.order_id FROM account a WHERE a.reopened) AND status = 'paid'
), news AS (
    SELECT 2 AS place, u.number, 'installment.updated' AS type, u.order_id::text AS subject, a.customer_id,
           jsonb_build_object('order_id', u.order_id, 'contract_id', a.contract_id, 'customer_id', u.customer_id, 'currency', a.currency,
                              'number', u.number, 'revision', u.revision, 'due_date', u.due_date, 'total', u.total, 'paid', u.paid, 'outstanding', u.total - u.paid,
                              'status', u.status, 'dpd', greatest(:today::date - u.due_date, 0)) AS data
    FROM updated u JOIN account a USING (order_id)
    UNION ALL
    SELECT 1, 0, 'contract.reopened', a.contract_id::text, a.customer_id,
           jsonb_build_object('order_id', a.order_id, 'contract_id', a.contract_id, 'customer_id', a.customer_id, 'currency', a.currency,
                              'outstanding', a.total - a.paid)
    FROM account a WHERE a.reopened
)
