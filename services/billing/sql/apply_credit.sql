-- Credit pays for an order (after lock_schedule and lock_credit, in their unit): the payment, which complete_payment completes in the same unit. No row: no such
-- order of that customer's. Without an amount as a payment, as far as the credit goes.
WITH account AS (
    SELECT * FROM order_account WHERE order_id = :order_id::uuid AND customer_id = :customer_id::uuid
), owed AS (
    SELECT coalesce(sum(i.total - i.paid) FILTER (WHERE i.number = 0), 0)::bigint AS deposit,
           coalesce(sum(i.total - i.paid) FILTER (WHERE i.due_date <= :today::date), 0)::bigint AS due,
           (array_agg(i.total - i.paid ORDER BY i.due_date, i.number) FILTER (WHERE i.paid < i.total))[1] AS next
    FROM account a JOIN installment i USING (order_id)
), credit AS (
    SELECT coalesce((SELECT c.balance - c.on_its_way FROM credit_of(:customer_id::uuid) AS c WHERE c.currency = a.currency), 0) AS available FROM account a
), wanted AS (
    SELECT a.*, o.deposit, c.available, coalesce(:amount::bigint, least(coalesce(nullif(o.deposit, 0), nullif(o.due, 0), o.next), c.available)) AS amount
    FROM account a CROSS JOIN owed o CROSS JOIN credit c
), judged AS (
    SELECT w.*, CASE WHEN w.status = 'closed' THEN 'order_closed'
                     WHEN w.status = 'settled' THEN 'order_paid'
                     WHEN w.status = 'written_off' THEN 'order_written_off'
                     WHEN w.in_flight IS NOT NULL THEN 'payment_in_progress'
                     WHEN w.available <= 0 OR w.amount > w.available THEN 'credit_too_small'
                     WHEN w.amount > w.total - w.paid THEN 'amount_too_large'
                     WHEN w.status = 'pending' AND w.amount < w.deposit THEN 'amount_below_deposit' END AS problem
    FROM wanted w
), created AS (
    INSERT INTO payment (id, order_id, contract_id, customer_id, amount, currency, status, source, provider, token, created_at, updated_at)
    SELECT :id::uuid, j.order_id, j.contract_id, j.customer_id, j.amount, j.currency, 'processing', 'checkout', 'credit', 'credit', :now::timestamptz, :now::timestamptz
    FROM judged j WHERE j.problem IS NULL
), overtaken AS (   -- what waits for its customer and would now bring too much is given up
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'cancel_payment', 'cancel:' || p.id, :now::timestamptz, jsonb_build_object('payment_id', p.id), :trace
    FROM judged j JOIN payment p USING (order_id)
    WHERE j.problem IS NULL AND p.status = 'requires_action' AND p.amount > j.total - j.paid - j.amount
    ON CONFLICT (key) DO NOTHING
)
SELECT j.problem, CASE j.problem WHEN 'credit_too_small' THEN 'the credit that can be used is ' || greatest(j.available, 0)
                                 WHEN 'amount_too_large' THEN 'at most ' || (j.total - j.paid) || ' is owed'
                                 WHEN 'amount_below_deposit' THEN 'the deposit is ' || j.deposit END AS problem_detail
FROM judged j
