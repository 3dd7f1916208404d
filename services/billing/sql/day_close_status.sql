-- One page of the receivables a day makes due or overdue, with their events, of one half of the customers: the interest of those that fall due is earned by the same change of
-- their row (day_close_interest finds the others). `seen` below :limit: that was the last page.
WITH page AS (
    SELECT i.order_id, i.number, i.due_date, CASE WHEN NOT i.autopay AND is_lapsing(i.order_id, i.number, :date::date) THEN i.due_date ELSE :date::date END AS judged_on,
           NOT i.accrued AND i.interest > 0 AS earns
    FROM installment i
    WHERE i.status IN ('scheduled', 'due', 'partially_paid') AND i.due_date <= :date::date
      AND (i.due_date, i.order_id, i.number) > (:after_date::date, :after_order::uuid, :after_number::int)
      AND (get_byte(uuid_send(i.customer_id), 15) & 1) = :half::int
    ORDER BY i.due_date, i.order_id, i.number
    LIMIT :limit::int
    FOR NO KEY UPDATE
), updated AS (
    UPDATE installment i SET status = installment_status(i.total, i.paid, i.due_date, p.judged_on), revision = i.revision + 1, accrued = i.accrued OR p.earns
    FROM page p JOIN order_account a USING (order_id)
    WHERE i.order_id = p.order_id AND i.number = p.number AND a.status = 'active'
      AND i.status <> installment_status(i.total, i.paid, i.due_date, p.judged_on)
    RETURNING i.*, a.contract_id, a.currency, p.earns
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at, epoch)   -- asked for once a page
    SELECT 'installment.updated', u.order_id::text, u.customer_id,
           jsonb_build_object('order_id', u.order_id, 'contract_id', u.contract_id, 'customer_id', u.customer_id, 'currency', u.currency,
                              'number', u.number, 'revision', u.revision, 'due_date', u.due_date, 'total', u.total, 'paid', u.paid, 'outstanding', u.total - u.paid,
                              'status', u.status, 'dpd', greatest(:date::date - u.due_date, 0)),
           :trace, :now::timestamptz, (SELECT cuotas_epoch())
    FROM updated u
    ORDER BY u.order_id, u.number
), posted AS (   -- all the page's locks come before the chains'
    SELECT post_together(array_agg(ROW(entry_id(order_id, 'interest:' || number), 1, 'interest', 'deferred_interest', 'interest_income', interest, currency,
                                       customer_id, order_id, number, NULL, due_date, :now::timestamptz)::new_posting ORDER BY order_id, number)) AS lines
    FROM updated
    WHERE earns
), last AS (
    SELECT * FROM page ORDER BY due_date DESC, order_id DESC, number DESC LIMIT 1
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM updated) AS changed, (SELECT lines FROM posted) AS posted, l.due_date AS last_date, l.order_id AS last_order,
       l.number AS last_number
FROM (SELECT) AS one LEFT JOIN last l ON true
