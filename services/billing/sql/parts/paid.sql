{{part spread}}, over AS (   -- what nothing is owed for: first what was written off of the order, the rest is the customer's
    SELECT s.id, r.recovered, s.received - s.applied - r.recovered AS excess,
           CASE WHEN s.account_status <> 'closed' THEN (SELECT p.body ->> 'overpayment' FROM receivables_policy p ORDER BY p.version DESC LIMIT 1) END = 'credit' AS kept
    FROM split s CROSS JOIN LATERAL (
        SELECT CASE WHEN s.account_status <> 'closed' AND given_up(s.order_id) THEN greatest(least(s.received - s.applied, unrecovered(s.customer_id, s.order_id)), 0) ELSE 0 END AS recovered) AS r
    WHERE s.received > s.applied
), entry AS (   -- `done` is here since this moment: in which account (till). What nothing is owed for is the customer's; the first payment posts the sale, and issue_invoice
                               -- numbers its invoice at the unit's end
    SELECT s.order_id AS entry_id, part.line, 'sale' AS kind, 'receivable' AS debit, part.account AS credit,
           part.amount, NULL::int AS number, NULL::uuid AS payment_id
    FROM split s JOIN account a USING (order_id)
    CROSS JOIN LATERAL (
        SELECT sum(principal) AS principal, sum(interest) AS interest, sum(fees) AS fees, sum(tax) AS tax
        FROM installment i WHERE i.order_id = s.order_id) AS sums
    CROSS JOIN LATERAL (
        VALUES (1, 'sales', sums.principal), (2, 'deferred_interest', sums.interest), (3, 'fee_income', sums.fees), (4, 'tax_payable', sums.tax)
    ) AS part(line, account, amount)
    WHERE a.first AND part.amount > 0
    UNION ALL
    SELECT s.id, row_number() OVER (ORDER BY u.due_date, u.number), CASE s.provider WHEN 'credit' THEN 'credit' ELSE 'payment' END, s.till, 'receivable', u.allocated, u.number, s.id
    FROM split s JOIN updated u USING (order_id)
    WHERE u.allocated > 0
    UNION ALL
    SELECT s.id, 0, 'payment', s.till, 'customer_credit', o.excess, NULL, s.id
    FROM split s JOIN over o USING (id)
    WHERE o.excess > 0
    UNION ALL
    SELECT entry_id('recovery:' || s.id), 1, 'recovery', s.till, 'recoveries', o.recovered, NULL, s.id
    FROM split s JOIN over o USING (id)
    WHERE o.recovered > 0
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, installment_number,
                         payment_id, effective_on, recorded_at)
    SELECT e.entry_id, e.line, e.kind, e.debit, e.credit, e.amount, s.currency, s.customer_id, s.order_id, e.number, e.payment_id,
           s.paid_on, :now::timestamptz
    FROM entry e CROSS JOIN split s
    ORDER BY e.kind DESC, e.line
), invoice_paid AS (
    UPDATE invoice SET status = 'paid', paid_at = :now::timestamptz
    WHERE order_id = (SELECT a.order_id FROM account a WHERE a.settled) AND status = 'open'
), excess AS (
    INSERT INTO refund (id, payment_id, order_id, customer_id, amount, currency, reason, destination, status, created_at, updated_at)
    SELECT entry_id('refund:' || s.id), s.id, s.order_id, s.customer_id, o.excess, s.currency, CASE WHEN s.account_status = 'closed' THEN 'order_closed' ELSE 'excess' END,
           CASE WHEN o.kept THEN 'credit' ELSE 'method' END, CASE WHEN o.kept THEN 'succeeded' ELSE 'pending' END, :now::timestamptz, :now::timestamptz
    FROM split s JOIN over o USING (id)
    WHERE o.excess > 0
    RETURNING refund.*, refund_told(refund.*) AS told
), refunding AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'refund_payment', 'refund:' || id, :now::timestamptz, jsonb_build_object('refund_id', id), :trace FROM excess WHERE status = 'pending'
    ON CONFLICT (key) DO NOTHING
), event AS (
    SELECT 1 AS place, 0 AS number, 'payment.succeeded' AS type, s.id::text AS subject,
           jsonb_build_object('payment_id', s.id, 'order_id', s.order_id, 'contract_id', s.contract_id, 'customer_id', s.customer_id,
                              'amount', s.received, 'currency', s.currency, 'source', s.source, 'brand', s.brand, 'last4', s.last4,
                              'first', a.first, 'order_paid', a.paid, 'order_total', a.total, 'excess', coalesce(o.excess, 0),
                              'allocations', coalesce((SELECT jsonb_agg(jsonb_build_object('number', u.number, 'amount', u.allocated)
                                                                        ORDER BY u.due_date, u.number)
                                                       FROM updated u WHERE u.allocated > 0), '[]'::jsonb))
           || CASE WHEN o.recovered > 0 THEN jsonb_build_object('recovered', o.recovered) ELSE '{}' END
           || CASE WHEN o.kept AND o.excess > 0 THEN jsonb_build_object('excess_to', 'credit') ELSE '{}' END AS data
    FROM split s JOIN account a USING (order_id) LEFT JOIN over o USING (id)
    UNION ALL
    SELECT 2, u.number, 'installment.updated', u.order_id::text,
           jsonb_build_object('order_id', u.order_id, 'contract_id', a.contract_id, 'customer_id', u.customer_id, 'currency', a.currency,
                              'number', u.number, 'revision', u.revision, 'due_date', u.due_date, 'total', u.total, 'paid', u.paid, 'outstanding', u.total - u.paid,
                              'status', u.status, 'dpd', CASE WHEN u.paid < u.total THEN greatest(:today::date - u.due_date, 0) ELSE 0 END)
    FROM updated u JOIN account a USING (order_id)
    UNION ALL
    SELECT 3, 0, CASE WHEN a.settled THEN 'contract.paid' ELSE 'contract.written_off' END, a.contract_id::text,
           jsonb_build_object('order_id', a.order_id, 'contract_id', a.contract_id, 'customer_id', a.customer_id, 'currency', a.currency,
                              'total', a.total)
    FROM account a WHERE a.settled OR a.given_up
    UNION ALL
    SELECT 4, 0, 'refund.succeeded', x.id::text, x.told FROM excess x WHERE x.status = 'succeeded'
)
