-- Disputes of payments, as billing tells of them: while one of an order is open, its case is `disputed` and nobody is dunned.
CREATE TABLE dispute_hold (
    dispute_id  uuid PRIMARY KEY,
    order_id    uuid NOT NULL,
    open        boolean NOT NULL
);
CREATE INDEX dispute_hold_open ON dispute_hold (order_id) WHERE open;
