-- no transaction
-- The automatic payments of a day.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payment_autopay ON payment (autopay_on) WHERE autopay_on IS NOT NULL;
