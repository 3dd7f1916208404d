-- The invoice of a sale whose deposit has one of its own; again it has no effect.
-- emits: events
SELECT issue_after_deposit(:order_id::uuid, :today::date, :now::timestamptz)
