-- no transaction
-- Lists by what is still to be done. Orders that are only placed are not in it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sales_order_fulfilment ON sales_order (order_fulfilment(status, fulfilment_status, release), status, id)
    WHERE status IN ('confirmed', 'completed', 'canceled')
