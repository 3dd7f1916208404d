-- Where a process that starts now begins to read its own outbox: everything older is found by the consumers' polling. Begins a new epoch
-- when the server has been started since the last one; `life` is that start.
SELECT cuotas_epoch() AS epoch, pg_snapshot_xmin(pg_current_snapshot()) AS xid, pg_postmaster_start_time()::text AS life
