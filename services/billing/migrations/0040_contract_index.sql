-- no transaction
-- Customers pay by bank under their contract's id.
CREATE INDEX CONCURRENTLY IF NOT EXISTS order_account_contract ON order_account (contract_id);
