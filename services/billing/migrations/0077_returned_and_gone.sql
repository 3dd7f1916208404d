-- A direct debit that its bank takes back when money of it has gone already: lost is what can be taken of nobody any more.
ALTER TABLE manual_payment ADD COLUMN lost bigint NOT NULL DEFAULT 0;
GRANT UPDATE (lost) ON manual_payment TO {{app}};

CREATE OR REPLACE FUNCTION manual_payment_body(m manual_payment) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', m.id, 'status', manual_payment_status(m), 'method', m.method, 'reference', m.reference, 'amount', m.amount, 'currency', m.currency,
        'received_on', m.received_on, 'order_id', m.order_id, 'customer_id', m.customer_id, 'payment_id', CASE WHEN m.order_id IS NOT NULL THEN m.id END,
        'recorded_by', m.recorded_by, 'recorded_at', m.recorded_at, 'assigned_by', m.assigned_by, 'assigned_at', m.assigned_at,
        'reversed_by', m.reversed_by, 'reversed_at', m.reversed_at, 'reversal_reason', m.reversal_reason, 'lost', m.lost)
$$;

-- A refund of a change whose payment the bank took back is canceled: nothing is to be paid out of its credit note any more. All else is as before.
CREATE OR REPLACE VIEW invoice_shown AS
SELECT i.id, 'invoice' AS kind, i.series, i.number, i.order_id, i.customer_id, i.currency, i.total, i.status, a.paid, i.issued_on, i.issued_at, i.paid_at,
       NULL::uuid AS invoice_id, NULL::text AS reason, NULL::bigint AS refund
FROM invoice i JOIN order_account a USING (order_id)
UNION ALL
SELECT n.id, n.kind, n.series, n.number, n.order_id, n.customer_id, n.currency, n.total,
       CASE WHEN n.kind = 'debit_note' THEN CASE a.status WHEN 'settled' THEN 'paid' WHEN 'written_off' THEN 'uncollectible' WHEN 'closed' THEN 'void' ELSE 'open' END
            WHEN EXISTS (SELECT FROM refund r WHERE r.order_id = n.order_id AND r.change_id = n.change_id AND r.status NOT IN ('succeeded', 'canceled')) THEN 'open'
            ELSE 'paid' END,
       CASE WHEN n.kind = 'credit_note'
            THEN n.total - coalesce((SELECT sum(r.amount) FROM refund r
                                     WHERE r.order_id = n.order_id AND r.change_id = n.change_id AND r.status NOT IN ('succeeded', 'canceled')), 0)::bigint
            WHEN a.status = 'settled' THEN n.total ELSE 0 END,
       n.issued_on, n.issued_at, NULL, n.invoice_id, n.reason, n.refund
FROM invoice_note n JOIN order_account a USING (order_id)
UNION ALL
SELECT d.id, 'deposit_invoice', d.series, d.number, d.order_id, d.customer_id, d.currency, d.total,
       CASE WHEN p.paid = d.total THEN 'paid' WHEN a.status = 'closed' THEN 'void' WHEN o.paid < o.total THEN 'open'
            WHEN EXISTS (SELECT FROM allocation l WHERE l.order_id = d.order_id AND l.number = 0 AND l.kind = 'write_off') THEN 'uncollectible'
            ELSE 'paid' END,
       p.paid, d.issued_on, d.issued_at, CASE WHEN p.paid = d.total THEN d.issued_at END, NULL, NULL, NULL
FROM deposit_invoice d JOIN order_account a USING (order_id) JOIN installment o ON o.order_id = d.order_id AND o.number = 0
CROSS JOIN LATERAL (SELECT least(o.paid - o.paid_penalty, d.total) AS paid) AS p;
