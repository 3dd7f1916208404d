-- no transaction
-- Cards by when they end.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payment_method_end ON payment_method (exp_year, exp_month, id) WHERE saved_at IS NOT NULL AND status = 'active';
