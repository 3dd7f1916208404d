-- How many rows of payoffs and prepayments that were to be paid on the day before are not, and not put back yet.
SELECT count(*) AS lapsing FROM lapsing l JOIN installment i USING (order_id, number)
WHERE l.due_date = :date::date - 1 AND i.status IN ('scheduled', 'due', 'partially_paid')
