debitable AS (   -- receivables of EUR orders, due in these days, whose customer has chosen a SEPA mandate that can be used: signed or used within 36 months, and none of them under way
    SELECT o.*, a.customer_id, s.id AS mandate_id, s.scheme FROM (
        SELECT i.order_id, i.number, i.due_date, i.total - i.paid AS amount FROM installment i
        WHERE i.status IN ('scheduled', 'due', 'partially_paid') AND i.due_date BETWEEN :from::date AND :to::date AND i.paid < i.total AND i.number > 0 AND i.autopay
        UNION ALL
        SELECT i.order_id, i.number, i.due_date, i.total - i.paid FROM installment i
        WHERE i.status = 'overdue' AND i.due_date BETWEEN :from::date AND :to::date AND i.paid < i.total AND i.number > 0 AND i.autopay) AS o
    JOIN order_account a USING (order_id)
    CROSS JOIN LATERAL (SELECT * FROM payment_method d WHERE d.customer_id = a.customer_id AND d.saved_at IS NOT NULL ORDER BY d.saved_at DESC, d.id DESC LIMIT 1) AS m
    JOIN sepa_mandate s ON s.id = m.id
    WHERE a.status = 'active' AND a.currency = 'EUR' AND a.in_flight IS NULL AND a.disputed = 0 AND m.status = 'signed'
      AND (:customer_id::uuid IS NULL OR a.customer_id = :customer_id::uuid)
      AND NOT EXISTS (SELECT FROM direct_debit u WHERE u.order_id = o.order_id AND u.number = o.number AND u.status = 'pending')
      AND :today::date < greatest(s.signed_on, (SELECT max(u.collect_on) FROM direct_debit u WHERE u.mandate_id = s.id AND u.status <> 'canceled')) + interval '36 months'
    ORDER BY o.due_date, o.order_id, o.number
    LIMIT 1000
)
