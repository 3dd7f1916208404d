-- no transaction
-- A page of products looks each one's stock up: two pages by hash, however many products there are; by the primary key four of a million's, and they lie apart.
CREATE INDEX CONCURRENTLY IF NOT EXISTS stock_by_hash ON stock USING hash (product_id);
