-- Where a relay that starts now begins: everything older is found by the consumers' polling. Begins a new epoch when the
-- server has been started since the last one.
SELECT cuotas_epoch() AS epoch, pg_snapshot_xmin(pg_current_snapshot()) AS xid
