-- One page of the cards that end within 30 days, or have ended in the last 90: whose customer is to be charged by one after its end is told, once for each end. Only the method that would be
-- charged counts, as for automatic payments. A customer's orders are found by what they have paid: an active one was paid at least once.
WITH page AS (
    SELECT m.id, m.customer_id, m.exp_year, m.exp_month, m.end_told, m.revoked_at FROM payment_method m
    WHERE m.saved_at IS NOT NULL AND m.status = 'active'
      AND (m.exp_year, m.exp_month) >= (extract(year FROM :date::date - 90)::int, extract(month FROM :date::date - 90)::int)
      AND (m.exp_year, m.exp_month) < (extract(year FROM :date::date + 31)::int, extract(month FROM :date::date + 31)::int)   -- whose last day is not beyond the 30th from now
      AND (m.exp_year, m.exp_month, m.id) > (:after_year::int, :after_month::int, :after_id::uuid)
    ORDER BY m.exp_year, m.exp_month, m.id
    LIMIT :limit::int
), ending AS MATERIALIZED (
    SELECT p.id, p.exp_year, p.exp_month, n.order_id, n.currency, n.amount, n.next_attempt_on FROM page p
    CROSS JOIN LATERAL (
        SELECT a.order_id, a.currency, i.total - i.paid AS amount, i.next_attempt_on
        FROM (SELECT DISTINCT y.order_id FROM payment y WHERE y.customer_id = p.customer_id AND y.status = 'succeeded') AS o
        JOIN order_account a ON a.order_id = o.order_id AND a.status = 'active'
        JOIN installment i ON i.order_id = o.order_id AND i.next_attempt_on > card_ends_on(p.exp_year, p.exp_month) AND i.paid < i.total
        ORDER BY i.next_attempt_on, i.order_id, i.number LIMIT 1) AS n
    WHERE p.revoked_at IS NULL AND p.end_told IS DISTINCT FROM p.exp_year * 100 + p.exp_month
      AND p.id = (SELECT d.id FROM payment_method d WHERE d.customer_id = p.customer_id AND d.saved_at IS NOT NULL ORDER BY d.saved_at DESC, d.id DESC LIMIT 1)
), told AS (
    UPDATE payment_method m SET end_told = m.exp_year * 100 + m.exp_month FROM ending e
    WHERE m.id = e.id AND m.saved_at IS NOT NULL AND m.status = 'active' AND m.revoked_at IS NULL AND (m.exp_year, m.exp_month) = (e.exp_year, e.exp_month)
      AND m.end_told IS DISTINCT FROM m.exp_year * 100 + m.exp_month   -- not renewed, nor told, meanwhile
    RETURNING m.id, m.customer_id, m.provider, m.brand, m.last4, m.exp_year, m.exp_month, e.order_id, e.currency, e.amount, e.next_attempt_on
), said AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'payment_method.expiring', t.id::text, t.customer_id,
           jsonb_build_object('payment_method_id', t.id, 'customer_id', t.customer_id, 'provider', t.provider, 'brand', t.brand, 'last4', t.last4, 'exp_month', t.exp_month, 'exp_year', t.exp_year,
                              'ends_on', card_ends_on(t.exp_year, t.exp_month), 'order_id', t.order_id, 'currency', t.currency, 'next_amount', t.amount, 'next_attempt_on', t.next_attempt_on),
           :trace, :now::timestamptz
    FROM told t
), last AS (
    SELECT * FROM page ORDER BY exp_year DESC, exp_month DESC, id DESC LIMIT 1
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM told) AS changed, l.exp_year AS last_year, l.exp_month AS last_month, l.id AS last_id
FROM (SELECT) AS one LEFT JOIN last l ON true
