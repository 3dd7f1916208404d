-- no transaction
-- What the provider has given back once is one refund's, whoever it was sent for.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS refund_of_provider ON refund (payment_id, provider_reference);
