-- no transaction
-- The inbox, newest first, for who works on it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_event_newest ON webhook_event (received_at DESC, id DESC);
