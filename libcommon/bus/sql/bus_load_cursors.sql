-- How far each lane of a producer has been applied here; makes the cursors of a producer met for the first time.
WITH made AS (
    INSERT INTO event_cursor (producer, lane)
    SELECT :producer::text, lane FROM generate_series(0, :lanes::int - 1) AS lane
    ON CONFLICT DO NOTHING
    RETURNING lane, epoch, xid, id
)
SELECT lane, epoch, xid, id FROM made
UNION ALL
SELECT lane, epoch, xid, id FROM event_cursor WHERE producer = :producer::text
