-- no transaction
-- Those still to be found, and nothing once they are.
CREATE INDEX CONCURRENTLY IF NOT EXISTS cart_unwatched ON cart (id) WHERE NOT watched
