chosen AS MATERIALIZED (   -- mandates that can be used: their customers have chosen them, and they were signed or used within 36 months
    SELECT s.id AS mandate_id, s.customer_id, s.scheme FROM sepa_mandate s JOIN payment_method m USING (id)
    WHERE m.status = 'signed' AND m.saved_at IS NOT NULL AND m.revoked_at IS NULL AND (:customer_id::uuid IS NULL OR s.customer_id = :customer_id::uuid)
      AND NOT EXISTS (SELECT FROM payment_method d WHERE d.customer_id = s.customer_id AND d.saved_at IS NOT NULL AND (d.saved_at, d.id) > (m.saved_at, m.id))
      AND :today::date < greatest(s.signed_on, (SELECT max(u.collect_on) FROM direct_debit u WHERE u.mandate_id = s.id AND u.status <> 'canceled')) + interval '36 months'
), debitable AS (   -- receivables of their orders in EUR that are due in these days, none of them under way; by the mandates (OFFSET 0: never by the days), and by payments, of which an active order has one
    SELECT o.*, c.customer_id, c.mandate_id, c.scheme FROM chosen c
    CROSS JOIN LATERAL (SELECT DISTINCT p.order_id FROM payment p WHERE p.customer_id = c.customer_id) AS p
    CROSS JOIN LATERAL (SELECT a.order_id FROM order_account a WHERE a.order_id = p.order_id AND a.status = 'active' AND a.currency = 'EUR' AND a.in_flight IS NULL AND a.disputed = 0 OFFSET 0) AS a
    CROSS JOIN LATERAL (
        SELECT i.order_id, i.number, i.due_date, i.total - i.paid AS amount FROM installment i
        WHERE i.order_id = a.order_id AND i.status IN ('scheduled', 'due', 'partially_paid', 'overdue') AND i.due_date BETWEEN :from::date AND :to::date AND i.paid < i.total AND i.number > 0 AND i.autopay
        OFFSET 0) AS o
    WHERE (SELECT u.id FROM direct_debit u WHERE u.order_id = o.order_id AND u.number = o.number AND u.status = 'pending') IS NULL
    ORDER BY o.due_date, o.order_id, o.number
    LIMIT 1000
)
