-- What a person says of an order that waits for it (`approve`, `decline`), or that nobody did in time (`expire`). After lock_order, in its unit: who comes second sees what
-- the first said. As many approvals as are needed make the order wait for its payment, and billing hears of it only now; else it ends, and its stock is free.
WITH review AS MATERIALIZED (
    SELECT r.status, r.approvals_needed, r.expires_at, (o.credit ->> 'payment_hours')::int AS payment_hours, o AS ordered,
           (SELECT count(*) FROM credit_vote v WHERE v.order_id = r.order_id AND v.decision = 'approve') AS approvals,
           EXISTS (SELECT FROM credit_vote v WHERE v.order_id = r.order_id AND v.by = :by::text) AS spoken
    FROM credit_review r JOIN sales_order o ON o.id = r.order_id
    WHERE r.order_id = :order_id::uuid
), judged AS (
    SELECT r.*, CASE WHEN status <> 'open' THEN 'credit_review_closed'
                     WHEN (expires_at <= :now::timestamptz) <> (:decision::text = 'expire') THEN 'credit_review_closed'
                     WHEN spoken THEN 'credit_review_twice' END AS problem,
           CASE WHEN status <> 'open' THEN 'it is ' || status WHEN expires_at <= :now::timestamptz THEN 'its time is over' END AS detail,
           CASE :decision::text WHEN 'decline' THEN 'declined' WHEN 'expire' THEN 'expired'
                                WHEN 'approve' THEN CASE WHEN approvals + 1 >= approvals_needed THEN 'approved' END END AS becomes
    FROM review r
), voted AS (
    INSERT INTO credit_vote AS v (order_id, by, decision, reason, at)
    SELECT :order_id::uuid, :by::text, :decision::text, :reason::text, :now::timestamptz FROM judged WHERE problem IS NULL AND :by::text IS NOT NULL
    RETURNING jsonb_build_object('by', v.by, 'decision', v.decision, 'reason', v.reason, 'at', v.at) AS said
), ended AS (
    UPDATE credit_review r SET status = j.becomes, decided_at = :now::timestamptz
    FROM judged j WHERE r.order_id = :order_id::uuid AND j.problem IS NULL AND j.becomes IS NOT NULL
    RETURNING r AS whole, j.becomes, j.ordered, CASE j.becomes WHEN 'declined' THEN 'credit_declined' WHEN 'expired' THEN 'credit_review_expired' END AS cancel_reason,
              j.payment_hours, :now::timestamptz + make_interval(hours => j.payment_hours) AS pay_until
), moved AS (
    UPDATE sales_order o
    SET status = CASE e.becomes WHEN 'approved' THEN 'pending_payment' ELSE 'canceled' END,
        expires_at = CASE e.becomes WHEN 'approved' THEN e.pay_until ELSE o.expires_at END,
        closed_at = CASE WHEN e.becomes <> 'approved' THEN :now::timestamptz END,
        cancel_reason = e.cancel_reason
    FROM ended e
    WHERE o.id = :order_id::uuid AND sales_order_may_become(o.status, CASE e.becomes WHEN 'approved' THEN 'pending_payment' ELSE 'canceled' END)
), terminated AS (
    UPDATE contract c SET status = 'terminated' FROM ended e
    WHERE c.order_id = :order_id::uuid AND e.becomes <> 'approved' AND contract_may_become(c.status, 'terminated')
), canceled AS (
    UPDATE installment i SET status = 'canceled', outstanding = 0 FROM ended e
    WHERE i.contract_id = (e.ordered).contract_id AND e.becomes <> 'approved' AND installment_may_become(i.status, 'canceled')
), event AS (
    SELECT 1 AS place, 'order.placed' AS type, e.ordered,
           jsonb_build_object('order_id', c.order_id, 'contract_id', c.id, 'customer_id', c.customer_id, 'currency', c.currency, 'total_payable', c.total_payable,
               'deposit', c.deposit, 'reservation_id', (e.ordered).reservation_id, 'expires_at', e.pay_until,
               'lines', (SELECT json_agg(order_line_body(l) ORDER BY l.number) FROM order_line l WHERE l.order_id = c.order_id),
               'installments', (SELECT json_agg(json_build_object('number', i.number, 'due_date', i.due_date, 'days', i.days, 'opening_balance', i.opening_balance,
                                    'principal', i.principal, 'interest', i.interest, 'fees', i.fees, 'tax', i.tax, 'total', i.total,
                                    'closing_balance', i.closing_balance) ORDER BY i.number)
                                FROM installment i WHERE i.contract_id = c.id AND i.version = c.schedule_version))
           || {{part taxes_of_charges}} AS data
    FROM ended e JOIN contract c ON c.order_id = :order_id::uuid CROSS JOIN LATERAL (SELECT c.plan_terms AS terms) AS plan
    WHERE e.becomes = 'approved'
    UNION ALL
    SELECT 2, 'order.approved', e.ordered,
           jsonb_build_object('order_id', (e.ordered).id, 'customer_id', (e.ordered).customer_id, 'payment_hours', e.payment_hours)
    FROM ended e WHERE e.becomes = 'approved'
    UNION ALL
    SELECT 2, 'order.declined', e.ordered,
           jsonb_build_object('order_id', (e.ordered).id, 'customer_id', (e.ordered).customer_id, 'reservation_id', (e.ordered).reservation_id,
                              'reason', e.cancel_reason)
    FROM ended e WHERE e.becomes <> 'approved'
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT type, (ordered).id::text, (ordered).customer_id, data, :trace, :now::timestamptz FROM event ORDER BY place
), given_up_later AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'expire_order', 'expire:' || :order_id || ':approved', pay_until, jsonb_build_object('order_id', :order_id::uuid), :trace
    FROM ended WHERE becomes = 'approved'
), reply AS (
    SELECT credit_review_body(coalesce(e.whole, r), j.ordered, credit_votes(:order_id::uuid) || coalesce((SELECT jsonb_agg(said) FROM voted), '[]'))::text AS body
    FROM judged j
    JOIN credit_review r ON r.order_id = :order_id::uuid
    LEFT JOIN ended e ON true
    WHERE j.problem IS NULL
), {{remember 200}}
SELECT r.body, CASE WHEN j.problem IS NOT NULL THEN cuotas_fail(j.problem, j.detail) WHEN j.status IS NULL THEN cuotas_fail('not_found') END AS checked
FROM (SELECT) AS nothing LEFT JOIN judged j ON true LEFT JOIN reply r ON true
