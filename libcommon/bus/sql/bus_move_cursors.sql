-- Moves the cursors of a producer from where they were to behind the events applied in the same unit; the unit fails
-- (SQLSTATE CU002) when another process was first: then the function, which moves no cursor of nobody's, says so.
WITH moved AS (
    UPDATE event_cursor AS c SET epoch = m.to_epoch, xid = m.to_xid, id = m.to_id
    FROM unnest(:lanes::smallint[], :from_epochs::bigint[], :from_xids::xid8[], :from_ids::bigint[],
                :to_epochs::bigint[], :to_xids::xid8[], :to_ids::bigint[]) AS m(lane, from_epoch, from_xid, from_id, to_epoch, to_xid, to_id)
    WHERE c.producer = :producer::text AND c.lane = m.lane AND (c.epoch, c.xid, c.id) = (m.from_epoch, m.from_xid, m.from_id)
    RETURNING c.lane
)
SELECT CASE WHEN (SELECT count(*) FROM moved) <> cardinality(:lanes::smallint[])
            THEN cuotas_move_cursors('', '{0}', '{0}', '{0}', '{0}', '{0}', '{0}', '{0}') END
