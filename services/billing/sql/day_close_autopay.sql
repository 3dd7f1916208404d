-- One page of the receivables autopay tries today: a payment of the customer's default method and the job that charges it, one a
-- day for each order, none while another payment of the order may be taking money or one is disputed. Without a method to charge, or with one in another currency, it gives up until
-- one is saved.
WITH page AS (
    SELECT i.order_id, i.number, i.customer_id, i.next_attempt_on, i.due_date, i.total - i.paid AS outstanding, i.attempts FROM installment i
    WHERE i.next_attempt_on <= :date::date
      AND (i.next_attempt_on, i.order_id, i.number) > (:after_date::date, :after_order::uuid, :after_number::int)
      AND (get_byte(uuid_send(i.customer_id), 15) & 1) = :half::int
    ORDER BY i.next_attempt_on, i.order_id, i.number
    LIMIT :limit::int
), begun AS (
    INSERT INTO autopay_run (run_on, started_at) VALUES (:date::date, :now::timestamptz) ON CONFLICT DO NOTHING
), account AS MATERIALIZED (
    SELECT a.* FROM order_account a
    WHERE a.order_id = ANY (ARRAY(SELECT order_id FROM page))
    ORDER BY a.order_id
    FOR NO KEY UPDATE
), {{part autopay_judged}}, tried AS MATERIALIZED (
    SELECT j.*, gen_random_uuid() AS payment_id FROM judged j WHERE j.passed_by IS NULL OR j.passed_by IN ('no_method', 'currency_not_taken')
), counted AS (
    UPDATE installment i
    SET next_attempt_on = NULL, attempts = i.attempts + (t.method_id IS NOT NULL)::int,
        first_attempt_on = CASE WHEN t.method_id IS NULL THEN i.first_attempt_on ELSE coalesce(i.first_attempt_on, :date::date) END
    FROM tried t
    WHERE i.order_id = t.order_id AND i.number = t.number AND i.attempts = t.attempts
      AND i.total - i.paid = t.outstanding   -- not replaced meanwhile
    RETURNING i.order_id, i.attempts AS attempt, t.method_id, t.payment_id
), taken AS (
    UPDATE order_account a SET in_flight = c.payment_id FROM counted c
    WHERE a.order_id = c.order_id AND c.method_id IS NOT NULL
), created AS (
    INSERT INTO payment (id, order_id, contract_id, customer_id, amount, currency, status, source, provider, token, payment_method_id,
                         attempt_key, installment_number, attempt, brand, last4, autopay_on, created_at, updated_at)
    SELECT t.payment_id, t.order_id, t.contract_id, t.customer_id, t.outstanding, t.currency, 'processing', 'autopay', t.provider, t.token,
           t.method_id, 'autopay:' || t.order_id || ':' || t.number || ':' || c.attempt, t.number, c.attempt, t.brand, t.last4,
           :date::date, :now::timestamptz, :now::timestamptz
    FROM tried t JOIN counted c USING (payment_id)
    WHERE t.method_id IS NOT NULL
    RETURNING id, provider
), charge AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'charge_autopay', 'charge:' || id, :now::timestamptz, jsonb_build_object('payment_id', id, 'provider', provider), :trace FROM created
    ON CONFLICT (key) DO NOTHING
), last AS (
    SELECT * FROM page ORDER BY next_attempt_on DESC, order_id DESC, number DESC LIMIT 1
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM created) AS changed, l.next_attempt_on AS last_date,
       l.order_id AS last_order, l.number AS last_number
FROM (SELECT) AS one LEFT JOIN last l ON true
