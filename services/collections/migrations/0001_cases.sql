-- What is past due, by installment, as billing tells it; and the case an order has while anything is.
CREATE TABLE overdue_installment (
    order_id     uuid NOT NULL,
    number       int NOT NULL,
    customer_id  uuid NOT NULL,
    currency     char(3) NOT NULL,
    due_date     date NOT NULL,
    outstanding  bigint NOT NULL CHECK (outstanding > 0),
    PRIMARY KEY (order_id, number)
);

CREATE TABLE collection_case (
    id               uuid PRIMARY KEY,
    customer_id      uuid NOT NULL,
    order_id         uuid NOT NULL,
    status           text NOT NULL CHECK (status IN ('open', 'in_treatment', 'promised', 'agreement', 'disputed', 'paused',
                                                     'cured', 'settled', 'written_off', 'closed')),
    currency         char(3) NOT NULL,
    overdue          bigint NOT NULL CHECK (overdue >= 0),
    oldest_due_date  date,
    dpd              int NOT NULL CHECK (dpd >= 0),
    bucket           text NOT NULL CHECK (bucket IN ('current', '1-30', '31-60', '61-90', '90+')),
    opened_at        timestamptz NOT NULL,
    cured_at         timestamptz,
    -- An active case owes something, an ended one nothing.
    CHECK ((status IN ('cured', 'settled', 'written_off', 'closed')) = (oldest_due_date IS NULL))
);
CREATE UNIQUE INDEX collection_case_active ON collection_case (order_id)
    WHERE status NOT IN ('cured', 'settled', 'written_off', 'closed');
CREATE INDEX collection_case_newest ON collection_case (id DESC);
CREATE INDEX collection_case_by_status ON collection_case (status, id DESC);
CREATE INDEX collection_case_by_customer ON collection_case (customer_id, id DESC);
CREATE INDEX collection_case_by_order ON collection_case (order_id, id DESC);

-- Each step of a case's treatment is taken once.
CREATE TABLE dunning_step (
    case_id   uuid NOT NULL REFERENCES collection_case,
    step      text NOT NULL,
    taken_at  timestamptz NOT NULL,
    PRIMARY KEY (case_id, step)
);

-- The one place that knows the buckets.
CREATE FUNCTION delinquency_bucket(dpd int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN dpd <= 0 THEN 'current' WHEN dpd <= 30 THEN '1-30' WHEN dpd <= 60 THEN '31-60' WHEN dpd <= 90 THEN '61-90' ELSE '90+' END
$$;

CREATE FUNCTION case_json(c collection_case) RETURNS json
LANGUAGE sql STABLE
AS $$
    SELECT json_build_object('id', c.id, 'status', c.status, 'customer_id', c.customer_id, 'order_id', c.order_id, 'currency', c.currency,
                             'overdue', c.overdue, 'dpd', c.dpd, 'bucket', c.bucket, 'oldest_due_date', c.oldest_due_date,
                             'opened_at', c.opened_at, 'cured_at', c.cured_at)
$$;
