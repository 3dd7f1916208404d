-- no transaction
-- Lists of what is past due, the oldest first. Only those are in it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sales_order_overdue ON sales_order (order_fulfilment(status, fulfilment_status, release), status, overdue_since, id)
    WHERE overdue_since IS NOT NULL AND status IN ('confirmed', 'completed', 'canceled')
