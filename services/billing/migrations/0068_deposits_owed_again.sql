-- A deposit that went back is owed again, and its invoice open; where it was written off or the sale was undone, its invoice says so. All else is as before.
CREATE OR REPLACE VIEW invoice_shown AS
SELECT i.id, 'invoice' AS kind, i.series, i.number, i.order_id, i.customer_id, i.currency, i.total, i.status, a.paid, i.issued_on, i.issued_at, i.paid_at,
       NULL::uuid AS invoice_id, NULL::text AS reason, NULL::bigint AS refund
FROM invoice i JOIN order_account a USING (order_id)
UNION ALL
SELECT n.id, n.kind, n.series, n.number, n.order_id, n.customer_id, n.currency, n.total,
       CASE WHEN n.kind = 'debit_note' THEN CASE a.status WHEN 'settled' THEN 'paid' WHEN 'written_off' THEN 'uncollectible' WHEN 'closed' THEN 'void' ELSE 'open' END
            WHEN EXISTS (SELECT FROM refund r WHERE r.order_id = n.order_id AND r.change_id = n.change_id AND r.status <> 'succeeded') THEN 'open'
            ELSE 'paid' END,
       CASE WHEN n.kind = 'credit_note'
            THEN n.total - coalesce((SELECT sum(r.amount) FROM refund r
                                     WHERE r.order_id = n.order_id AND r.change_id = n.change_id AND r.status <> 'succeeded'), 0)::bigint
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
