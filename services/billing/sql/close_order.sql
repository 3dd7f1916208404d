-- Gives an order up, unless money was paid or may be being taken now (after lock_order, in its unit). Payments waiting for the
-- customer's authentication are canceled; should one still succeed, its money goes back. No row: no such order.
WITH account AS (
    SELECT order_id, status, in_flight FROM order_account WHERE order_id = :order_id::uuid
), closing AS (
    UPDATE order_account a SET status = 'closed' FROM account n
    WHERE a.order_id = n.order_id AND n.status = 'pending' AND n.in_flight IS NULL
    RETURNING a.order_id
), canceled AS (
    UPDATE installment i SET status = 'canceled', next_attempt_on = NULL FROM closing c
    WHERE i.order_id = c.order_id AND i.status = 'scheduled'
), given_up AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'cancel_payment', 'cancel:' || p.id, :now::timestamptz, jsonb_build_object('payment_id', p.id), :trace
    FROM closing c JOIN payment p USING (order_id)
    WHERE p.status = 'requires_action'
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT json_build_object('closed', n.status = 'closed' OR c.order_id IS NOT NULL)::text AS body
    FROM account n LEFT JOIN closing c USING (order_id)
)
SELECT body FROM reply
