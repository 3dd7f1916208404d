-- Credit goes back by the method of a payment (after lock_payment and lock_credit, in their unit): never more than can be used of it, nor than the provider still has of that payment.
-- It opens nothing: what the payment had paid stays paid. No row: no such payment of that customer's.
WITH asked AS (
    SELECT p.id AS payment_id, p.order_id, p.customer_id, p.currency, p.status, p.provider,
           greatest(coalesce(p.received, 0) - coalesce((SELECT sum(r.amount) FROM refund r
                                                           WHERE r.payment_id = p.id AND r.status IN ('pending', 'succeeded') AND r.destination = 'method'
                                                             AND (r.paid_from IS NULL OR p.source = 'manual')), 0)
                    - coalesce((SELECT sum(d.amount) FROM dispute d WHERE d.payment_id = p.id AND d.withheld AND d.status <> 'won'), 0), 0)::bigint AS room,
           coalesce((SELECT c.balance - c.on_its_way FROM credit_of(p.customer_id) AS c WHERE c.currency = p.currency), 0) AS available
    FROM payment p WHERE p.id = :payment_id::uuid AND p.customer_id = :customer_id::uuid
), judged AS (
    SELECT a.*, coalesce(:amount::bigint, least(a.room, a.available)) AS amount,
           CASE WHEN a.status <> 'succeeded' THEN 'payment_not_made'
                WHEN a.provider = 'credit' OR a.room = 0 THEN 'nothing_to_refund'
                WHEN a.available <= 0 OR :amount::bigint > a.available THEN 'credit_too_small'
                WHEN :amount::bigint > a.room THEN 'refund_too_large' END AS problem
    FROM asked a
), created AS (
    INSERT INTO refund (id, payment_id, order_id, customer_id, amount, currency, reason, change_id, note, requested_by, status, created_at, updated_at)
    SELECT :id::uuid, j.payment_id, j.order_id, j.customer_id, j.amount, j.currency, 'credit', :id::uuid, :note, :by, 'pending', :now::timestamptz, :now::timestamptz
    FROM judged j WHERE j.problem IS NULL
    RETURNING id, refund_body(refund.*, true)::text AS body
), sending AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'refund_payment', 'refund:' || c.id, :now::timestamptz, jsonb_build_object('refund_id', c.id), :trace FROM created c
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT body FROM created
), {{remember 201}}
SELECT j.problem, CASE j.problem WHEN 'credit_too_small' THEN 'the credit that can be used is ' || greatest(j.available, 0)
                                 WHEN 'refund_too_large' THEN 'at most ' || j.room || ' can go back by it' END AS problem_detail, r.body
FROM judged j LEFT JOIN reply r ON true
