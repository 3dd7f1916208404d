-- no transaction
-- What is past due, the longest first, whatever its state: by the index over states and progress it is fifteen ranges, of which each page reads the first rows.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sales_order_past_due ON sales_order (overdue_since, id)
    WHERE overdue_since IS NOT NULL
