-- The latest word of billing on each installment; an older one that comes later changes nothing.
CREATE TABLE installment_revision (
    order_id  uuid NOT NULL,
    number    int NOT NULL,
    revision  bigint NOT NULL,
    PRIMARY KEY (order_id, number)
);
