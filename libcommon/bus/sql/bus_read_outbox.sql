-- The events after each lane's cursor in the order of their commits, those of other types left out, in commit-safe order: nothing at
-- or above the oldest running transaction, so that one which commits late is never passed over; epochs before the current one are
-- complete. At most `limit` places and about `bytes`; a row with a place and no event is one of another type. Always at least one row,
-- since these are told either way: `held` (events exist that must wait for a running transaction), `ahead` (a cursor is past what this
-- database has issued: it was set back), and the watermark: transactions below `oldest` have ended, all that had ended when this
-- ran are below `next`. Places come from the index alone; 256 is EVENT_BATCH_MAX, which bounds `limit`, so that the planner knows.
-- pool: read
WITH now AS MATERIALIZED (
    SELECT e.epoch, pg_snapshot_xmin(s.snapshot) AS xmin, pg_snapshot_xmax(s.snapshot) AS xmax
    FROM event_epoch AS e, pg_current_snapshot() AS s(snapshot)
), asked AS MATERIALIZED (
    SELECT *
    FROM unnest(:lanes::smallint[], :epochs::bigint[], :xids::xid8[], :ids::bigint[]) AS c(lane, epoch, xid, id)
), state AS (
    SELECT n.epoch AS current_epoch, n.xmin AS oldest, n.xmax AS next,
           coalesce(bool_or((c.epoch, c.xid) >= (n.epoch, n.xmax)), false) AS ahead,
           coalesce(bool_or(EXISTS (
               SELECT FROM outbox AS o
               WHERE o.lane = c.lane AND (o.epoch, o.xid, o.id) >= (n.epoch, n.xmin, 0::bigint))), false) AS held
    FROM now AS n LEFT JOIN asked AS c ON true
    GROUP BY n.epoch, n.xmin, n.xmax
), place AS MATERIALIZED (
    SELECT o.lane, o.epoch, o.xid, o.id
    FROM asked AS c, now AS n, LATERAL (
        SELECT o.lane, o.epoch, o.xid, o.id
        FROM outbox AS o
        WHERE o.lane = c.lane AND (o.epoch, o.xid, o.id) > (c.epoch, c.xid, c.id) AND (o.epoch, o.xid) < (n.epoch, n.xmin)
        ORDER BY o.epoch, o.xid, o.id
        LIMIT 256) AS o
    ORDER BY o.epoch, o.xid, o.id
    LIMIT :limit::int
), event AS MATERIALIZED (
    SELECT p.lane, p.epoch, p.xid, p.id, e.event
    FROM place AS p, LATERAL (
        SELECT CASE WHEN :types::text[] IS NULL OR o.type = ANY (:types::text[]) THEN {{part event_text}} END AS event
        FROM outbox AS o
        WHERE o.lane = p.lane AND o.epoch = p.epoch AND o.xid = p.xid AND o.id = p.id
        LIMIT 1) AS e
), page AS (
    SELECT *, coalesce(sum(octet_length(event)) OVER (ORDER BY epoch, xid, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
    FROM event
)
SELECT s.held, s.ahead, s.current_epoch, s.oldest, s.next, p.lane, p.epoch, p.xid, p.id, p.event
FROM state AS s LEFT JOIN page AS p ON p.bytes_before < :bytes::bigint
ORDER BY p.epoch, p.xid, p.id
