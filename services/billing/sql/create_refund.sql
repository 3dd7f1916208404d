-- Staff give money of a payment back (after lock_payment, in its unit): what it had paid is owed again, and is the customer's until the provider has
-- given it back; or for good, where it is to be their credit. No row: no such payment. Never more than came in and no refund is for, the failed ones included: those are sent again themselves; nor what a dispute
-- withholds or has taken.
WITH asked AS (
    SELECT p.id AS payment_id, p.order_id, p.customer_id, p.currency, p.status, a.status AS account_status, CASE p.provider WHEN 'credit' THEN 'credit' ELSE :to END AS destination,
           greatest(coalesce(p.received, 0)
                    - (SELECT greatest(coalesce(sum(r.amount) FILTER (WHERE r.reason <> 'credit'), 0),
                                       coalesce(sum(r.amount) FILTER (WHERE r.status IN ('pending', 'succeeded') AND r.destination = 'method' AND r.paid_from IS NULL), 0)) FROM refund r WHERE r.payment_id = p.id)
                    - coalesce((SELECT sum(d.amount) FROM dispute d WHERE d.payment_id = p.id AND d.withheld AND d.status <> 'won'), 0), 0) AS available
    FROM payment p JOIN order_account a USING (order_id)
    WHERE p.id = :payment_id::uuid
), judged AS (
    SELECT a.*, coalesce(:amount::bigint, a.available)::bigint AS amount, true AS charge_again,
           CASE WHEN a.status <> 'succeeded' THEN 'payment_not_made'
                WHEN a.available = 0 THEN 'nothing_to_refund'
                WHEN :amount::bigint > a.available THEN 'refund_too_large' END AS problem,
           CASE WHEN :amount::bigint > a.available AND a.available > 0 THEN 'at most ' || a.available || ' can go back' END AS problem_detail
    FROM asked a
), back AS (
    SELECT j.order_id, j.payment_id, j.customer_id, j.currency, j.account_status, j.destination, j.charge_again, j.amount - r.recovered AS amount, r.recovered, 0 AS disputed, 'refund' AS kind,
           entry_id('reopened:' || :id::uuid) AS entry_id
    FROM judged j CROSS JOIN LATERAL (SELECT least(j.amount, recovered_by(j.customer_id, j.payment_id)) AS recovered) AS r   -- what it had brought last goes first, and opens nothing
    WHERE j.problem IS NULL
), {{part reopened}}, created AS (
    INSERT INTO refund (id, payment_id, order_id, customer_id, amount, currency, reason, change_id, note, requested_by, destination, status, created_at,
                        updated_at)
    SELECT :id::uuid, b.payment_id, b.order_id, b.customer_id, b.amount + b.recovered, b.currency, 'requested', :id::uuid, :note, :by, b.destination,
           CASE b.destination WHEN 'credit' THEN 'succeeded' ELSE 'pending' END, :now::timestamptz, :now::timestamptz
    FROM back b JOIN account a USING (order_id)
    RETURNING refund.*, refund_body(refund.*, true)::text AS body, refund_told(refund.*) AS told
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, installment_number, payment_id,
                         effective_on, recorded_at)
    SELECT b.entry_id, row_number() OVER (ORDER BY u.due_date, u.number), 'refund', 'receivable', 'customer_credit', u.taken,
           b.currency, b.customer_id, b.order_id, u.number, b.payment_id, :today::date, :now::timestamptz
    FROM updated u JOIN back b USING (order_id)
    UNION ALL
    SELECT b.entry_id, 0, 'refund', 'recoveries', 'customer_credit', b.recovered, b.currency, b.customer_id, b.order_id, NULL, b.payment_id, :today::date, :now::timestamptz
    FROM back b WHERE b.recovered > 0
    ORDER BY 2
), sending AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'refund_payment', 'refund:' || c.id, :now::timestamptz, jsonb_build_object('refund_id', c.id), :trace FROM created c WHERE c.status = 'pending'
    ON CONFLICT (key) DO NOTHING
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT n.type, n.subject, n.customer_id, n.data, :trace, :now::timestamptz
    FROM (SELECT place, number, type, subject, customer_id, data FROM news
          UNION ALL SELECT 3, 0, 'refund.succeeded', c.id::text, c.customer_id, c.told FROM created c WHERE c.status = 'succeeded') AS n
    ORDER BY n.place, n.number
), reply AS (
    SELECT body FROM created
), {{remember 201}}
SELECT j.problem, j.problem_detail, r.body FROM judged j LEFT JOIN reply r ON true
