-- no transaction
DROP INDEX CONCURRENTLY IF EXISTS collection_case_by_status;
