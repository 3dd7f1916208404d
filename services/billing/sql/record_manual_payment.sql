-- Money that came for an order past every provider (after lock_schedule, in its unit): recorded, and a payment that is done. Nothing of the unit stays when it is refused.
-- No row: no such order.
WITH wanted AS MATERIALIZED (
    SELECT a.*, g.received_on,
           CASE WHEN a.currency <> :currency THEN 'wrong_currency'
                WHEN g.received_on < (a.placed_at AT TIME ZONE :zone)::date THEN 'received_before_sale'
                WHEN a.status = 'closed' THEN 'order_closed'
                WHEN a.in_flight IS NOT NULL THEN 'payment_in_progress'
                WHEN a.status = 'pending' AND :amount::bigint < o.deposit THEN 'amount_below_deposit'
                WHEN EXISTS (SELECT FROM manual_payment m WHERE m.reversed_at IS NULL AND m.method = :method AND m.reference = :reference
                             OR m.reversed_at IS NULL AND m.source = :source) THEN 'already_recorded' END AS problem,
           CASE WHEN a.currency <> :currency THEN 'the order is in ' || a.currency
                WHEN a.status = 'pending' AND :amount::bigint < o.deposit THEN 'the deposit is ' || o.deposit END AS problem_detail
    FROM order_account a
    CROSS JOIN (SELECT coalesce(:received_on::date, :today::date) AS received_on) AS g
    CROSS JOIN LATERAL (SELECT coalesce(sum(i.total - i.paid), 0)::bigint AS deposit FROM installment i WHERE i.order_id = a.order_id AND i.number = 0) AS o
    WHERE a.order_id = :order_id::uuid
), recorded AS (
    INSERT INTO manual_payment AS m (id, order_id, customer_id, method, reference, amount, currency, received_on, source, recorded_by, recorded_at)
    SELECT :id::uuid, w.order_id, w.customer_id, :method, :reference, :amount::bigint, w.currency, w.received_on, :source, :by, :now::timestamptz
    FROM wanted w WHERE w.problem IS NULL
    RETURNING m.*, manual_payment_body(m)::text AS body
), done AS (
    INSERT INTO payment (id, order_id, contract_id, customer_id, amount, received, currency, status, source, provider, token, created_at, updated_at, completed_at)
    SELECT r.id, r.order_id, w.contract_id, r.customer_id, r.amount, r.amount, r.currency, 'succeeded', 'manual', r.method, '', :now::timestamptz, :now::timestamptz,
           :now::timestamptz
    FROM recorded r CROSS JOIN wanted w
    RETURNING *, manual_till(provider) AS till, (SELECT r.received_on FROM recorded r) AS paid_on, 'payment' AS kept_as, id AS kept_in
), {{part paid}}, told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT e.type, e.subject, s.customer_id, e.data, :trace, :now::timestamptz FROM event e CROSS JOIN split s ORDER BY e.place, e.number
)
SELECT CASE WHEN w.problem IS NOT NULL THEN cuotas_fail(w.problem, w.problem_detail) END AS checked, r.body
FROM wanted w LEFT JOIN recorded r ON true
