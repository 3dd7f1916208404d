-- What every service's database has, whatever the service is: events out (outbox), events in (event_cursor, dead_letter),
-- jobs, stored replies, the clock. `{{app}}` is the role the service runs as; the role that migrates owns everything.
-- Business time never comes from the database: columns filled by clock_timestamp() serve leases and retention only.

ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {{app}};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {{app}};
GRANT USAGE ON SCHEMA public TO {{app}};

-- A keyset position as one opaque word: base64url of its parts joined by '|'. Parts must not hold '|'; NULL parts are left out,
-- and nothing but NULLs is NULL, so an empty page has no next cursor.
CREATE FUNCTION cuotas_cursor(VARIADIC parts text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT translate(encode(convert_to(nullif(array_to_string(parts, '|'), ''), 'UTF8'), 'base64'), E'+/=\n', '-_')
$$;

-- A UUID version 7 (RFC 9562) for rows made inside statements: wall-clock milliseconds first, so that ids follow time.
CREATE FUNCTION cuotas_uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                  PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

-- Fails the whole unit of work with a problem of the API: nothing of it stays. db maps SQLSTATE CU001 to the code named here.
-- (A result column `problem` says the same without undoing what the statement did.)
CREATE FUNCTION cuotas_fail(problem text, detail text DEFAULT '') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'CU001', MESSAGE = coalesce(detail, ''), CONSTRAINT = problem;
END
$$;

-- Events: the epoch ---------------------------------------------------------------------------------------------------------
-- A consumer's cursor is (epoch, xid, id). Transaction numbers order commits only within one life of one PostgreSQL: after a
-- restore from a backup or a failover they may be handed out again, and a cursor would skip the events that reuse them. So
-- each life has its own epoch, and later lives have greater ones. A new life is known by the postmaster's start time: no
-- restore, promotion or copy of files happens without a start, and a restart that lost nothing only costs a number. The epoch is
-- the second of wall time at which the life was first seen, so it also exceeds those a restored database has forgotten.
CREATE TABLE event_epoch (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    epoch bigint NOT NULL,
    started_at timestamptz NOT NULL,   -- of the postmaster: the life
    system_identifier bigint NOT NULL, -- where that life runs, for the operator who wonders
    timeline integer NOT NULL
);

INSERT INTO event_epoch (epoch, started_at, system_identifier, timeline)
SELECT extract(epoch FROM clock_timestamp())::bigint, pg_postmaster_start_time(), s.system_identifier, c.timeline_id
FROM pg_control_system() AS s, pg_control_checkpoint() AS c;

-- The epoch an event inserted now belongs to; begins a new one when this is a new life. Several writers that find that out
-- together queue on the row, the first decides. Writers of the life before are all gone, so none can be late.
CREATE FUNCTION cuotas_epoch() RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    current bigint;
BEGIN
    SELECT e.epoch INTO current FROM event_epoch AS e WHERE e.started_at = pg_postmaster_start_time();
    IF NOT FOUND THEN
        UPDATE event_epoch AS e
        SET epoch = greatest(e.epoch + 1, extract(epoch FROM clock_timestamp())::bigint),
            started_at = pg_postmaster_start_time(), system_identifier = s.system_identifier, timeline = c.timeline_id
        FROM pg_control_system() AS s, pg_control_checkpoint() AS c
        WHERE e.started_at <> pg_postmaster_start_time();
        SELECT e.epoch INTO current FROM event_epoch AS e;
    END IF;
    RETURN current;
END
$$;

-- Begins a new epoch within one life: for a state set back under a running server (a virtual machine's snapshot), which
-- shows when a consumer has already read past what this database has issued. The lock waits for writers of the old epoch:
-- "older epochs are complete" must stay true.
CREATE FUNCTION cuotas_epoch_after(seen bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    started bigint;
BEGIN
    LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE;
    UPDATE event_epoch SET epoch = greatest(epoch + 1, seen + 1, extract(epoch FROM clock_timestamp())::bigint)
    RETURNING epoch INTO started;
    RETURN started;
END
$$;

-- Events out ------------------------------------------------------------------------------------------------------------------
-- Inserted by the statement that changes state. The lane keeps one customer's events in order: the last hex digit of the
-- customer's id (random in UUID versions 4 and 7), 0 without a customer.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL DEFAULT gen_random_uuid(),
    epoch bigint NOT NULL DEFAULT cuotas_epoch(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    lane smallint NOT NULL GENERATED ALWAYS AS (coalesce(get_byte(uuid_send(customer_id), 15) & 15, 0)) STORED,
    type text NOT NULL,
    subject text NOT NULL,
    customer_id uuid,
    data jsonb NOT NULL,
    trace text,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (lane, epoch, xid, id)
);
CREATE INDEX outbox_created_at ON outbox USING brin (created_at);

-- Events in -------------------------------------------------------------------------------------------------------------------
CREATE TABLE event_cursor (
    producer text NOT NULL,
    lane smallint NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    xid xid8 NOT NULL DEFAULT '0',
    id bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (producer, lane)
);

-- Moves cursors, or fails the unit when another process has moved one meanwhile: the events of this unit are applied already.
CREATE FUNCTION cuotas_move_cursors(of_producer text, lanes smallint[],
                                    from_epochs bigint[], from_xids xid8[], from_ids bigint[],
                                    to_epochs bigint[], to_xids xid8[], to_ids bigint[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    moved integer;
BEGIN
    UPDATE event_cursor AS c SET epoch = m.to_epoch, xid = m.to_xid, id = m.to_id
    FROM unnest(lanes, from_epochs, from_xids, from_ids, to_epochs, to_xids, to_ids)
         AS m(lane, from_epoch, from_xid, from_id, to_epoch, to_xid, to_id)
    WHERE c.producer = of_producer AND c.lane = m.lane
      AND (c.epoch, c.xid, c.id) = (m.from_epoch, m.from_xid, m.from_id);
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(lanes) THEN
        RAISE EXCEPTION USING ERRCODE = 'CU002', MESSAGE = 'another process has applied these events';
    END IF;
END
$$;

-- An event that could not be applied, kept whole with the reason, until an operator has it tried again.
CREATE TABLE dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    producer text NOT NULL,
    lane smallint NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    event text NOT NULL,               -- the CloudEvent as it came
    error text NOT NULL,
    attempts integer NOT NULL,
    parked_at timestamptz NOT NULL,
    UNIQUE (producer, event_id)
);

-- Jobs ------------------------------------------------------------------------------------------------------------------------
-- run_at is logical time; the lease is real time, since it guards against processes that died.
CREATE TABLE job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    key text NOT NULL UNIQUE,
    run_at timestamptz NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    last_error text,
    trace text
);
CREATE INDEX job_ready ON job (run_at) WHERE state = 'ready';
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';
-- Rows are short-lived: without this the indexes above fill with the dead versions of finished jobs.
ALTER TABLE job SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500, fillfactor = 70);

-- Replies to repeat -------------------------------------------------------------------------------------------------------------
-- The primary key is what makes two requests with one Idempotency-Key have one effect: db knows it by name.
CREATE TABLE idempotency (
    operation text NOT NULL,
    subject text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status integer NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT idempotency_pkey PRIMARY KEY (operation, subject, key)
);
CREATE INDEX idempotency_created_at ON idempotency USING brin (created_at);

-- The clock -----------------------------------------------------------------------------------------------------------------------
-- offset_s: how far the test clock has been moved. closed_on: the last business day that was closed.
CREATE TABLE clock (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    offset_s bigint NOT NULL DEFAULT 0 CHECK (offset_s >= 0),
    closed_on date
);
INSERT INTO clock DEFAULT VALUES;
