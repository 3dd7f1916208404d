-- no transaction
-- In one direction, so that a page of a state begins where it begins: it takes the place of collection_case_by_status.
CREATE INDEX CONCURRENTLY IF NOT EXISTS collection_case_status ON collection_case (status, id);
