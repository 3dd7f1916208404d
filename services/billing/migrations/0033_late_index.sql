-- no transaction
-- What is overdue: the day's close looks at each for what being late costs.
CREATE INDEX CONCURRENTLY IF NOT EXISTS installment_overdue ON installment (due_date, order_id, number) WHERE status = 'overdue';
