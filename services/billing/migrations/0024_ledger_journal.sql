-- no transaction
-- The journal is read by business day, in the order of recording within it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS posting_journal ON posting (effective_on, id);
