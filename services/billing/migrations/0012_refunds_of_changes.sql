-- no transaction
-- Once a payment and reason, and of changes once a payment and change.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS refund_once ON refund (payment_id, reason, change_id) NULLS NOT DISTINCT;
