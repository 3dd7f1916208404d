-- The events of all lanes after one place in the order of their commits, for bus/news. As bus_read_outbox, commit-safe: an event at or
-- above the oldest running transaction is told as a row without its text. At most 64 (NEWS_READ_MAX) rows, at least one. `life` is the
-- server's start: another one may be another state of the database.
-- pool: read
WITH now AS MATERIALIZED (
    SELECT e.epoch, pg_snapshot_xmin(s.snapshot) AS xmin, pg_snapshot_xmax(s.snapshot) AS xmax
    FROM event_epoch AS e, pg_current_snapshot() AS s(snapshot)
), place AS MATERIALIZED (
    SELECT o.lane, o.epoch, o.xid, o.id
    FROM generate_series(0, :lanes::int - 1) AS l(lane), LATERAL (
        SELECT o.lane, o.epoch, o.xid, o.id
        FROM outbox AS o
        WHERE o.lane = l.lane::smallint AND (o.epoch, o.xid, o.id) > (:epoch::bigint, :xid::xid8, :id::bigint)
        ORDER BY o.epoch, o.xid, o.id
        LIMIT 64) AS o
    ORDER BY o.epoch, o.xid, o.id
    LIMIT 64
)
SELECT n.epoch AS current_epoch, n.xmin AS oldest, n.xmax AS next, pg_postmaster_start_time()::text AS life,
       p.lane, p.epoch, p.xid, p.id, e.type, e.event
FROM now AS n LEFT JOIN place AS p ON true LEFT JOIN LATERAL (
    SELECT o.type, json_build_object(
               'specversion', '1.0', 'id', event_id, 'source', '/cuotas/' || :service::text, 'type', type, 'subject', subject,
               'time', occurred_at, 'datacontenttype', 'application/json', 'customerid', customer_id, 'traceparent', trace,
               'lane', lane, 'epoch', epoch::text, 'xid', xid::text, 'sequence', id::text, 'data', data)::text AS event
    FROM outbox AS o
    WHERE o.lane = p.lane AND o.epoch = p.epoch AND o.xid = p.xid AND o.id = p.id AND (p.epoch, p.xid) < (n.epoch, n.xmin)
    LIMIT 1) AS e ON true
ORDER BY p.epoch, p.xid, p.id
