-- The events of all lanes after one place in the order of their commits, for bus/news. As bus_read_outbox, commit-safe: an event at or
-- above the oldest running transaction is told as a row without its text. At most 16 places of a lane, and of all lanes those up to the first such
-- place behind which there may be `more`; at least one row. `life` is the server's start: another one may be another state of the database.
-- pool: read
WITH now AS MATERIALIZED (
    SELECT e.epoch, pg_snapshot_xmin(s.snapshot) AS xmin, pg_snapshot_xmax(s.snapshot) AS xmax
    FROM event_epoch AS e, pg_current_snapshot() AS s(snapshot)
), place AS MATERIALIZED (
    SELECT o.*
    FROM generate_series(0, :lanes::int - 1) AS l(lane), LATERAL (
        SELECT o.lane, o.epoch, o.xid, o.id, row_number() OVER (ORDER BY o.epoch, o.xid, o.id) AS nth
        FROM outbox AS o
        WHERE o.lane = l.lane::smallint AND (o.epoch, o.xid, o.id) > (:epoch::bigint, :xid::xid8, :id::bigint)
        ORDER BY o.epoch, o.xid, o.id
        LIMIT 16) AS o
), bound AS MATERIALIZED (
    SELECT epoch, xid, id FROM place WHERE nth = 16 ORDER BY epoch, xid, id LIMIT 1
)
SELECT n.epoch AS current_epoch, n.xmin AS oldest, n.xmax AS next, pg_postmaster_start_time()::text AS life, EXISTS (SELECT FROM bound) AS more,
       p.lane, p.epoch, p.xid, p.id, e.type, e.event
FROM now AS n LEFT JOIN LATERAL (
    SELECT * FROM place WHERE NOT EXISTS (SELECT FROM bound AS b WHERE (place.epoch, place.xid, place.id) > (b.epoch, b.xid, b.id))) AS p ON true LEFT JOIN LATERAL (
    SELECT o.type, {{part event_text}} AS event
    FROM outbox AS o
    WHERE o.lane = p.lane AND o.epoch = p.epoch AND o.xid = p.xid AND o.id = p.id AND (p.epoch, p.xid) < (n.epoch, n.xmin)
    LIMIT 1) AS e ON true
ORDER BY p.epoch, p.xid, p.id
