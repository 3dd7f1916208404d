owing AS (   -- every receivable of which something is owed, by one of two indexes
    SELECT o.*, a.currency FROM (
        SELECT i.order_id, i.due_date, i.total - i.paid AS outstanding FROM installment i
        WHERE i.status IN ('scheduled', 'due', 'partially_paid') AND i.paid < i.total
        UNION ALL
        SELECT i.order_id, i.due_date, i.total - i.paid FROM installment i WHERE i.status = 'overdue' AND i.paid < i.total) AS o
    JOIN order_account a USING (order_id)
    WHERE a.status = 'active' AND (:currency::text IS NULL OR a.currency = :currency::text)
), receivable AS (
    SELECT currency, sum(CASE WHEN debit_account = 'receivable' THEN amount ELSE -amount END) AS balance
    FROM ledger_flow
    WHERE (debit_account = 'receivable') <> (credit_account = 'receivable') AND (:currency::text IS NULL OR currency = :currency::text)
    GROUP BY currency
)
