-- One page of the receivables due within three days whose customer has not been reminded yet.
WITH page AS (
    SELECT i.order_id, i.number, i.due_date FROM installment i
    WHERE i.status IN ('scheduled', 'due', 'partially_paid') AND i.due_date > :date::date AND i.due_date <= :date::date + 3
      AND (i.due_date, i.order_id, i.number) > (:after_date::date, :after_order::uuid, :after_number::int)
      AND (get_byte(uuid_send(i.customer_id), 15) & 1) = :half::int
    ORDER BY i.due_date, i.order_id, i.number
    LIMIT :limit::int
    FOR NO KEY UPDATE
), reminded AS (
    UPDATE installment i SET reminded = true
    FROM page p JOIN order_account a USING (order_id)
    WHERE i.order_id = p.order_id AND i.number = p.number AND a.status = 'active' AND NOT i.reminded AND i.paid < i.total
    RETURNING i.*, a.currency
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at, epoch)   -- asked for once a page
    SELECT 'installment.due_soon', r.order_id::text, r.customer_id,
           jsonb_build_object('order_id', r.order_id, 'customer_id', r.customer_id, 'currency', r.currency, 'number', r.number,
                              'due_date', r.due_date, 'amount', r.total - r.paid,
                              'autopay', r.next_attempt_on IS NOT NULL AND coalesce((
                                  SELECT m.status IN ('active', 'signed') AND m.revoked_at IS NULL FROM payment_method m
                                  WHERE m.customer_id = r.customer_id AND m.saved_at IS NOT NULL
                                  ORDER BY m.saved_at DESC, m.id DESC LIMIT 1), false)),
           :trace, :now::timestamptz, (SELECT cuotas_epoch())
    FROM reminded r
    ORDER BY r.order_id, r.number
), last AS (
    SELECT * FROM page ORDER BY due_date DESC, order_id DESC, number DESC LIMIT 1
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM reminded) AS changed, l.due_date AS last_date, l.order_id AS last_order,
       l.number AS last_number
FROM (SELECT) AS one LEFT JOIN last l ON true
