-- What a payment provider remembers: its objects as documents, what it captured, its events, and the faults it is told to have.
CREATE TABLE object (
    id          text PRIMARY KEY,
    kind        text NOT NULL,
    customer    text,
    version     int NOT NULL,
    body        jsonb NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX object_by_kind ON object (kind, created_at DESC, id DESC);
CREATE INDEX object_by_payment_id ON object ((body -> 'metadata' ->> 'payment_id')) WHERE kind = 'payment_intent';

-- The truth a shop's books are compared with: money taken, and what of it was given back.
CREATE TABLE charge (
    id               text PRIMARY KEY,
    payment_intent   text NOT NULL,
    amount           bigint NOT NULL CHECK (amount > 0),
    amount_refunded  bigint NOT NULL DEFAULT 0,
    currency         text NOT NULL,
    customer         text,
    metadata         jsonb NOT NULL,
    created_at       timestamptz NOT NULL,
    CONSTRAINT charge_refund_fits CHECK (amount_refunded BETWEEN 0 AND amount),
    CONSTRAINT charge_once UNIQUE (payment_intent)
);
CREATE INDEX charge_newest ON charge (created_at, id);

CREATE TABLE event (
    id          text PRIMARY KEY,
    type        text NOT NULL,
    payload     text NOT NULL,   -- the bytes that are signed and sent
    created_at  timestamptz NOT NULL
);

-- Faults ordered by a test: the next matching payments have them.
CREATE TABLE fault (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    remaining       int NOT NULL CHECK (remaining >= 0),
    customer        text,
    payment_method  text,
    plan            jsonb NOT NULL
);
CREATE INDEX fault_left ON fault (id) WHERE remaining > 0;
