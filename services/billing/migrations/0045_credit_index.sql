-- no transaction
-- What is on its way back to a customer.
CREATE INDEX CONCURRENTLY IF NOT EXISTS refund_on_its_way ON refund (customer_id) WHERE status = 'pending';
