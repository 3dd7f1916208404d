-- no transaction
-- Refunds that failed are listed for the staff, who send them again.
CREATE INDEX CONCURRENTLY IF NOT EXISTS refund_failed ON refund (created_at) WHERE status = 'failed';
