-- An order was placed: its account and a receivable per installment. A schedule that does not add up to the order's total
-- leaves `total` NULL and is refused.
WITH placed AS MATERIALIZED (   -- read once
    SELECT * FROM json_to_record(:data::json)
        AS e(order_id uuid, contract_id uuid, customer_id uuid, currency text, total_payable bigint, installments json, lines json,
              tax_rate_on_interest numeric, tax_rate_on_fees numeric)
), rows AS MATERIALIZED (
    SELECT i.* FROM placed, json_to_recordset(installments)
        AS i(number int, due_date date, principal bigint, interest bigint, fees bigint, tax bigint, total bigint)
), opened AS (
    INSERT INTO order_account (order_id, contract_id, customer_id, currency, total, placed_at)
    SELECT order_id, contract_id, customer_id, currency,
           CASE WHEN (SELECT sum(total) FROM rows) = total_payable THEN total_payable END, :occurred_at::timestamptz
    FROM placed
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id, customer_id
), sold AS (   -- for the invoice
    INSERT INTO order_sale (order_id, lines, terms, tax_on_interest, tax_on_fees)
    SELECT o.order_id, coalesce(e.lines, '[]'), e.installments, e.tax_rate_on_interest, e.tax_rate_on_fees FROM opened o CROSS JOIN placed e
)
INSERT INTO installment (order_id, number, customer_id, due_date, principal, interest, fees, tax, total, status, next_attempt_on)
SELECT o.order_id, r.number, o.customer_id, r.due_date, r.principal, r.interest, coalesce(r.fees, 0), coalesce(r.tax, 0), r.total,
       CASE WHEN r.total = 0 THEN 'paid' ELSE 'scheduled' END,
       CASE WHEN r.number > 0 AND r.total > 0 THEN r.due_date END
FROM opened o CROSS JOIN rows r
