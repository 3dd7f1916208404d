-- Days the shop is closed beside the public holidays of a calendar: due dates of plans that name it move off them, from then on.

-- calendar: NULL is every one. One that is taken back stays for the record.
CREATE TABLE closure (
    id         uuid PRIMARY KEY,
    calendar   text,
    first_day  date NOT NULL,
    last_day   date NOT NULL,
    reason     text NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    removed_at timestamptz,
    removed_by text,
    CHECK (last_day >= first_day AND (removed_at IS NULL) = (removed_by IS NULL))
);
REVOKE UPDATE, DELETE, TRUNCATE ON closure FROM {{app}};
GRANT UPDATE (removed_at, removed_by) ON closure TO {{app}};
CREATE INDEX closure_day ON closure (last_day, id) WHERE removed_at IS NULL;

CREATE FUNCTION closure_body(c closure) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id, 'calendar', c.calendar, 'from', c.first_day, 'to', c.last_day, 'reason', c.reason, 'created_at', c.created_at,
                             'created_by', c.created_by, 'removed_at', c.removed_at, 'removed_by', c.removed_by)
$$;

-- Those that end on a day or later, as the engine takes them; NULL: there are none. As many as terms can hold, the latest of them: those long past move no date any more.
CREATE FUNCTION closures_from(day date) RETURNS json LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT json_agg(json_build_object('calendar', n.calendar, 'from', n.first_day, 'to', n.last_day) ORDER BY n.last_day, n.id)
            FROM (SELECT c.id, c.calendar, c.first_day, c.last_day FROM closure c WHERE c.last_day >= day AND c.removed_at IS NULL
                  ORDER BY c.last_day DESC, c.id DESC LIMIT 200) AS n);
END $$;

-- All that are to come are read with every offer whose plan names a calendar: so many there may be. Whoever adds one waits for whoever else does, and counts theirs.
CREATE FUNCTION closures_bounded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('closures'));
    IF (SELECT count(*) FROM closure WHERE last_day >= NEW.created_at::date AND removed_at IS NULL) > 100 THEN
        PERFORM cuotas_fail('too_many_closures');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER closures_bounded AFTER INSERT ON closure FOR EACH ROW EXECUTE FUNCTION closures_bounded();
