-- Moves the cursors of a producer from where they were to behind the events applied in the same unit; the unit fails
-- (SQLSTATE CU002) when another process was first.
SELECT cuotas_move_cursors(:producer::text, :lanes::smallint[],
                           :from_epochs::bigint[], :from_xids::xid8[], :from_ids::bigint[],
                           :to_epochs::bigint[], :to_xids::xid8[], :to_ids::bigint[])
