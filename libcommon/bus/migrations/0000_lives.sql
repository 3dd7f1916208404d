-- Lives of a database that no start tells apart: when a backend is killed, the postmaster recovers where it stands. Numbers of transactions that were aborted,
-- and whose end was not flushed yet, are then handed out again, though consumers have read past them. An unlogged table is what tells of it: every
-- recovery empties it, and nothing else does (in a restored or promoted copy it is empty, too). Without a row another life has begun. It has no
-- index: it is looked into for every event, and a page is read sooner than a tree.
CREATE UNLOGGED TABLE event_life (
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
REVOKE UPDATE, DELETE, TRUNCATE ON event_life FROM {{app}};
-- The life that was begun goes on: its writers may be at work.
INSERT INTO event_life DEFAULT VALUES;

-- The epoch an event inserted now belongs to; begins a new one when this is a new life. Several writers that find that out together queue on the row,
-- the first decides. Writers of the life before are all gone, so none can be late.
CREATE OR REPLACE FUNCTION cuotas_epoch() RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    current bigint;
BEGIN
    SELECT e.epoch INTO current FROM event_epoch AS e WHERE e.started_at = pg_postmaster_start_time() AND EXISTS (SELECT FROM event_life);
    IF NOT FOUND THEN
        PERFORM FROM event_epoch FOR UPDATE;   -- behind it, what the first has done is seen
        UPDATE event_epoch AS e
        SET epoch = greatest(e.epoch + 1, extract(epoch FROM clock_timestamp())::bigint),
            started_at = pg_postmaster_start_time(), system_identifier = s.system_identifier, timeline = c.timeline_id
        FROM pg_control_system() AS s, pg_control_checkpoint() AS c
        WHERE e.started_at <> pg_postmaster_start_time() OR NOT EXISTS (SELECT FROM event_life);
        INSERT INTO event_life SELECT WHERE NOT EXISTS (SELECT FROM event_life);
        SELECT e.epoch INTO current FROM event_epoch AS e;
    END IF;
    RETURN current;
END
$$;
