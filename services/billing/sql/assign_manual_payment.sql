-- Unapplied money is an order's (after lock_manual_payment and lock_schedule, in their unit): out of suspense, and a payment that is done, as of the day it came. No row: no such money.
WITH known AS MATERIALIZED (
    SELECT m.* FROM manual_payment m WHERE m.id = :id::uuid
), wanted AS MATERIALIZED (
    SELECT a.*, greatest(k.received_on, (a.placed_at AT TIME ZONE :zone)::date) AS paid_on,
           CASE WHEN k.reversed_at IS NOT NULL OR k.order_id IS NOT NULL THEN 'not_unapplied'
                WHEN a.order_id IS NULL THEN 'not_found'
                WHEN a.currency <> k.currency THEN 'wrong_currency'
                WHEN a.status = 'closed' THEN 'order_closed'
                WHEN a.in_flight IS NOT NULL THEN 'payment_in_progress'
                WHEN a.status = 'pending' AND k.amount < o.deposit THEN 'amount_below_deposit' END AS problem,
           CASE WHEN a.order_id IS NULL THEN 'no such order'
                WHEN a.currency <> k.currency THEN 'the order is in ' || a.currency
                WHEN a.status = 'pending' AND k.amount < o.deposit THEN 'the deposit is ' || o.deposit END AS problem_detail
    FROM known k LEFT JOIN order_account a ON a.order_id = :order_id::uuid
    CROSS JOIN LATERAL (SELECT coalesce(sum(i.total - i.paid), 0)::bigint AS deposit FROM installment i WHERE i.order_id = a.order_id AND i.number = 0) AS o
), assigned AS (
    UPDATE manual_payment m SET order_id = w.order_id, customer_id = w.customer_id, assigned_by = :by, assigned_at = :now::timestamptz
    FROM wanted w WHERE m.id = :id::uuid AND w.problem IS NULL
    RETURNING m.*, manual_payment_body(m)::text AS body
), done AS (
    INSERT INTO payment (id, order_id, contract_id, customer_id, amount, received, currency, status, source, provider, token, created_at, updated_at, completed_at)
    SELECT r.id, r.order_id, w.contract_id, r.customer_id, r.amount, r.amount, r.currency, 'succeeded', 'manual', r.method, '', :now::timestamptz, :now::timestamptz,
           :now::timestamptz
    FROM assigned r CROSS JOIN wanted w
    RETURNING *, 'suspense' AS till, (SELECT w.paid_on FROM wanted w) AS paid_on, 'payment' AS kept_as, id AS kept_in
), {{part paid}}, told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT e.type, e.subject, s.customer_id, e.data, :trace, :now::timestamptz FROM event e CROSS JOIN split s ORDER BY e.place, e.number
), reply AS (
    SELECT r.body FROM assigned r
), {{remember 200}}
SELECT CASE WHEN w.problem IS NOT NULL THEN cuotas_fail(w.problem, w.problem_detail) END AS checked, r.body FROM wanted w LEFT JOIN reply r ON true
