-- An order that a payment has confirmed gets its invoice (after complete_payment, the last of its unit: whoever numbers one waits for the
-- commit of the one before, so nothing else is done under the series' lock). No effect when it has one, or is not confirmed. By the shop's policy the deposit gets one of its own first, as long as more is to be paid.
WITH confirmed AS (
    SELECT a.order_id, a.customer_id, a.currency, a.total, a.status = 'settled' AS settled, (SELECT d.id FROM deposit_invoice d WHERE d.order_id = a.order_id) AS deposit_id
    FROM order_account a
    WHERE a.order_id = (SELECT p.order_id FROM payment p WHERE p.id = :payment_id::uuid)
      AND a.status IN ('active', 'settled') AND (SELECT i.id FROM invoice i WHERE i.order_id = a.order_id) IS NULL
), what AS MATERIALIZED (
    SELECT c.*, (SELECT i.total FROM installment i
                 WHERE i.order_id = c.order_id AND i.number = 0 AND i.total > 0 AND i.paid = i.total AND NOT c.settled AND c.deposit_id IS NULL
                   AND (SELECT p.deposit_invoices FROM invoice_policy p ORDER BY p.version DESC LIMIT 1)
                   AND EXISTS (SELECT FROM order_sale s WHERE s.order_id = c.order_id)) AS deposit
    FROM confirmed c
), series AS (
    UPDATE invoice_series SET next_number = next_number + 1
    WHERE series = (SELECT d.series FROM document_series d WHERE d.kind = 'invoice') AND EXISTS (SELECT FROM what)
    RETURNING series, next_number - 1 AS number
), deposited AS (
    INSERT INTO deposit_invoice (id, series, number, order_id, customer_id, currency, total, issued_on, issued_at)
    SELECT :id::uuid, n.series, n.number, c.order_id, c.customer_id, c.currency, c.deposit, :today::date, :now::timestamptz
    FROM what c CROSS JOIN series n WHERE c.deposit IS NOT NULL
    RETURNING id, series, number, order_id, customer_id, currency, total
), invoiced AS (
    INSERT INTO invoice (id, series, number, order_id, customer_id, currency, total, status, issued_on, issued_at, paid_at)
    SELECT :id::uuid, n.series, n.number, c.order_id, c.customer_id, c.currency, CASE WHEN c.deposit_id IS NULL THEN c.total ELSE sale_total(c.order_id) END,
           CASE WHEN c.settled THEN 'paid' ELSE 'open' END, :today::date, :now::timestamptz, CASE WHEN c.settled THEN :now::timestamptz END
    FROM what c CROSS JOIN series n WHERE c.deposit IS NULL
    RETURNING id, series, number, order_id, customer_id, currency, total
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'invoice.issued', i.id::text, i.customer_id,
       jsonb_build_object('invoice_id', i.id, 'number', invoice_number_text(i.series, i.number), 'order_id', i.order_id,
                          'customer_id', i.customer_id, 'total', i.total, 'currency', i.currency),
       :trace, :now::timestamptz
FROM (SELECT * FROM deposited UNION ALL SELECT * FROM invoiced) AS i
