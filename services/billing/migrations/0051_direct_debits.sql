-- Receivables collected by direct debits of the shop's own bank, a batch a file. A batch and what it asks for never change, so its file is made of them again, the same bytes; what became of
-- them is told by status.
CREATE TABLE direct_debit_batch (
    id         uuid PRIMARY KEY,
    from_on    date NOT NULL,
    to_on      date NOT NULL,
    creditor   int NOT NULL REFERENCES sepa_creditor,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    status     text NOT NULL DEFAULT 'created' CHECK (status IN ('created', 'sent', 'canceled')),
    decided_at timestamptz,              -- when it was sent or canceled
    decided_by text,
    settled_on date,                     -- of which day the bank credited what was under way then, as somebody said
    settled_by text
);
CREATE INDEX direct_debit_batch_newest ON direct_debit_batch (created_at DESC, id DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON direct_debit_batch FROM {{app}};
GRANT UPDATE (status, decided_at, decided_by, settled_on, settled_by) ON direct_debit_batch TO {{app}};

CREATE TABLE direct_debit (
    id          uuid PRIMARY KEY,        -- without hyphens it is the EndToEndId
    batch_id    uuid NOT NULL REFERENCES direct_debit_batch,
    mandate_id  uuid NOT NULL REFERENCES sepa_mandate,
    order_id    uuid NOT NULL,
    number      int NOT NULL,
    customer_id uuid NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    currency    char(3) NOT NULL DEFAULT 'EUR',
    sequence    text NOT NULL CHECK (sequence IN ('FRST', 'RCUR')),
    collect_on  date NOT NULL,
    status      text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'collected', 'returned', 'canceled')),
    payment_id  uuid,                    -- the manual payment that it became
    return_code text,                    -- ISO 20022 external status reason
    failure_code text,                   -- the same in the words of all declines
    decline_kind text,
    decided_at  timestamptz,
    decided_by  text,
    CONSTRAINT direct_debit_decided CHECK ((status = 'collected') <= (payment_id IS NOT NULL) AND (status = 'returned') = (return_code IS NOT NULL))
);
-- A receivable is under way once.
CREATE UNIQUE INDEX direct_debit_under_way ON direct_debit (order_id, number) WHERE status = 'pending';
CREATE INDEX direct_debit_batch_of ON direct_debit (batch_id, id);
CREATE INDEX direct_debit_order ON direct_debit (order_id, number);
CREATE INDEX direct_debit_mandate ON direct_debit (mandate_id, status);
CREATE INDEX direct_debit_payment ON direct_debit (payment_id) WHERE payment_id IS NOT NULL;
REVOKE UPDATE, DELETE, TRUNCATE ON direct_debit FROM {{app}};
GRANT UPDATE (status, payment_id, return_code, failure_code, decline_kind, decided_at, decided_by) ON direct_debit TO {{app}};

-- What a direct debit brings is recorded as any money past the providers.
ALTER TABLE manual_payment
    DROP CONSTRAINT manual_payment_method_check,
    ADD CONSTRAINT manual_payment_method CHECK (method IN ('cash', 'bank_transfer', 'slip', 'direct_debit')) NOT VALID;

-- The first day from `day` on that TARGET2 works: not a weekend, 1 January, Good Friday, Easter Monday, 1 May, 25 or 26 December. Easter by the anonymous Gregorian computus.
CREATE FUNCTION target_day(day date) RETURNS date LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    y int; a int; c int; h int; l int; m int; easter date;
BEGIN
    LOOP
        y := extract(year FROM day);
        a := y % 19;
        c := y / 100;
        h := (19 * a + c - c / 4 - (c - (c + 8) / 25 + 1) / 3 + 15) % 30;
        l := (32 + 2 * (c % 4) + 2 * (y % 100 / 4) - h - y % 100 % 4) % 7;
        m := (a + 11 * h + 22 * l) / 451;
        easter := make_date(y, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
        EXIT WHEN extract(isodow FROM day) < 6 AND to_char(day, 'MM-DD') NOT IN ('01-01', '05-01', '12-25', '12-26') AND day NOT IN (easter - 2, easter + 1);
        day := day + 1;
    END LOOP;
    RETURN day;
END $$;

CREATE FUNCTION end_to_end_id(id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT replace(id::text, '-', '') $$;
CREATE FUNCTION direct_debit_body(d direct_debit) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', d.id, 'batch_id', d.batch_id, 'mandate_id', d.mandate_id, 'order_id', d.order_id, 'number', d.number, 'customer_id', d.customer_id, 'amount', d.amount, 'currency', d.currency,
        'sequence', d.sequence, 'collect_on', d.collect_on, 'end_to_end_id', end_to_end_id(d.id), 'status', d.status, 'payment_id', d.payment_id, 'return_code', d.return_code,
        'failure_code', d.failure_code, 'decline_kind', d.decline_kind,
        'advice', CASE d.decline_kind WHEN 'soft' THEN 'retry_later' WHEN 'hard' THEN CASE d.failure_code WHEN 'card_declined' THEN 'do_not_retry' ELSE 'update_method' END END,
        'decided_at', d.decided_at, 'decided_by', d.decided_by)
$$;
CREATE FUNCTION direct_debit_batch_body(b direct_debit_batch) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', b.id, 'status', b.status, 'message_id', end_to_end_id(b.id), 'from', b.from_on, 'to', b.to_on, 'creditor_version', b.creditor, 'currency', 'EUR', 'count', n.each, 'total', n.total,
        'pending', n.pending, 'collected', n.collected, 'returned', n.returned, 'collect_from', n.first_on, 'collect_to', n.last_on, 'created_at', b.created_at, 'created_by', b.created_by,
        'decided_at', b.decided_at, 'decided_by', b.decided_by, 'settled_on', b.settled_on, 'settled_by', b.settled_by)
    FROM (SELECT count(*) AS each, sum(d.amount)::bigint AS total, count(*) FILTER (WHERE d.status = 'pending') AS pending, count(*) FILTER (WHERE d.status = 'collected') AS collected,
                 count(*) FILTER (WHERE d.status = 'returned') AS returned, min(d.collect_on) AS first_on, max(d.collect_on) AS last_on
          FROM direct_debit d WHERE d.batch_id = b.id) AS n
$$;
