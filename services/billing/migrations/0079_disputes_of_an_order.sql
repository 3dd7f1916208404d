-- The day's close asks for the disputes of a page's orders: while one is open, being late costs nothing.
CREATE INDEX dispute_order ON dispute (order_id);
