-- The end of what rewind_account began: the ledger hears what each row is paid now, more or less, and what being late costs less; everybody where the rows stand.
WITH book AS MATERIALIZED (
    SELECT p.installment_number AS number,
           sum(CASE WHEN p.kind = 'penalty' THEN 0 WHEN p.credit_account = 'receivable' THEN p.amount ELSE -p.amount END)::bigint AS paid,
           sum(CASE WHEN p.kind <> 'penalty' THEN 0 WHEN p.debit_account = 'receivable' THEN p.amount ELSE -p.amount END)::bigint AS penalty
    FROM order_account a JOIN posting p ON p.customer_id = a.customer_id AND p.order_id = a.order_id
    WHERE a.order_id = :order_id::uuid AND 'receivable' IN (p.debit_account, p.credit_account) AND p.kind IN ('payment', 'credit', 'refund', 'dispute', 'reallocation', 'penalty')
    GROUP BY p.installment_number
), moved AS MATERIALIZED (
    SELECT i.number, i.due_date, i.paid - coalesce(b.paid, 0) AS paid, i.penalty - coalesce(b.penalty, 0) AS penalty
    FROM installment i LEFT JOIN book b USING (number) WHERE i.order_id = :order_id::uuid
), charged AS (   -- for each day
    SELECT p.installment_number AS number, p.effective_on, sum(CASE WHEN p.debit_account = 'receivable' THEN p.amount ELSE -p.amount END)::bigint AS amount
    FROM order_account a JOIN posting p ON p.customer_id = a.customer_id AND p.order_id = a.order_id
    WHERE a.order_id = :order_id::uuid AND p.kind = 'penalty'
    GROUP BY p.installment_number, p.effective_on
), less AS (   -- what is charged no more is taken back for the days it was charged for, the last one first
    SELECT m.number, c.effective_on, -greatest(least(c.amount, -m.penalty - sum(c.amount) OVER (PARTITION BY m.number ORDER BY c.effective_on DESC) + c.amount), 0)::bigint AS amount
    FROM moved m JOIN charged c ON c.number = m.number AND c.amount > 0 WHERE m.penalty < 0
    UNION ALL
    SELECT number, :today::date, penalty FROM moved WHERE penalty > 0
), revised AS (
    UPDATE installment i SET revision = i.revision + 1
    WHERE i.order_id = :order_id::uuid AND (i.paid > 0 OR i.status <> 'scheduled')
    RETURNING i.*
), entry AS (
    SELECT 'reallocation' AS kind, number, CASE WHEN paid < 0 THEN 'receivable' ELSE 'customer_credit' END AS debit, CASE WHEN paid < 0 THEN 'customer_credit' ELSE 'receivable' END AS credit,
           abs(paid) AS amount, row_number() OVER (ORDER BY paid < 0 DESC, due_date, number) AS line, :today::date AS effective_on
    FROM moved WHERE paid <> 0
    UNION ALL
    SELECT 'penalty', number, CASE WHEN amount < 0 THEN 'penalty_income' ELSE 'receivable' END, CASE WHEN amount < 0 THEN 'receivable' ELSE 'penalty_income' END,
           abs(amount), row_number() OVER (ORDER BY number, effective_on), effective_on
    FROM less WHERE amount <> 0
), posted AS (
    INSERT INTO posting (entry_id, line, kind, debit_account, credit_account, amount, currency, customer_id, order_id, installment_number, payment_id, effective_on, recorded_at)
    SELECT entry_id('replayed ' || e.kind || ':' || :id::uuid), e.line, e.kind, e.debit, e.credit, e.amount, a.currency, a.customer_id, a.order_id, e.number, :id::uuid,
           e.effective_on, :now::timestamptz
    FROM entry e CROSS JOIN order_account a WHERE a.order_id = :order_id::uuid
    ORDER BY e.kind DESC, e.line
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'installment.updated', u.order_id::text, u.customer_id,
       jsonb_build_object('order_id', u.order_id, 'contract_id', a.contract_id, 'customer_id', u.customer_id, 'currency', a.currency,
                          'number', u.number, 'revision', u.revision, 'due_date', u.due_date, 'total', u.total, 'paid', u.paid, 'outstanding', u.total - u.paid,
                          'status', u.status, 'dpd', CASE WHEN u.paid < u.total THEN greatest(:today::date - u.due_date, 0) ELSE 0 END), :trace, :now::timestamptz
FROM revised u JOIN order_account a USING (order_id)
ORDER BY u.number
