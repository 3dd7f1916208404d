-- An order that a payment has confirmed gets its invoice (after complete_payment, the last of its unit: whoever numbers one waits for the
-- commit of the one before, so nothing else is done under the series' lock). No effect when it has one, or is not confirmed.
WITH confirmed AS (
    SELECT a.order_id, a.customer_id, a.currency, a.total, a.status = 'settled' AS settled
    FROM order_account a
    WHERE a.order_id = (SELECT p.order_id FROM payment p WHERE p.id = :payment_id::uuid)
      AND a.status IN ('active', 'settled') AND (SELECT i.id FROM invoice i WHERE i.order_id = a.order_id) IS NULL
), series AS (
    UPDATE invoice_series SET next_number = next_number + 1
    WHERE series = (SELECT d.series FROM document_series d WHERE d.kind = 'invoice') AND EXISTS (SELECT FROM confirmed)
    RETURNING series, next_number - 1 AS number
), invoiced AS (
    INSERT INTO invoice (id, series, number, order_id, customer_id, currency, total, status, issued_on, issued_at, paid_at)
    SELECT :id::uuid, n.series, n.number, c.order_id, c.customer_id, c.currency, c.total,
           CASE WHEN c.settled THEN 'paid' ELSE 'open' END, :today::date, :now::timestamptz, CASE WHEN c.settled THEN :now::timestamptz END
    FROM confirmed c CROSS JOIN series n
    RETURNING *
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'invoice.issued', i.id::text, i.customer_id,
       jsonb_build_object('invoice_id', i.id, 'number', invoice_number_text(i.series, i.number), 'order_id', i.order_id,
                          'customer_id', i.customer_id, 'total', i.total, 'currency', i.currency),
       :trace, :now::timestamptz
FROM invoiced i
