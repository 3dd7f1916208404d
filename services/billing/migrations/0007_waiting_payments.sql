-- no transaction
-- Payments whose customer has not authenticated them yet: the day's close asks about each.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payment_waiting ON payment (created_at) WHERE status = 'requires_action';
