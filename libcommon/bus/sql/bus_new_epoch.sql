-- A new epoch, after the one a consumer has seen: this database was set back under it.
SELECT cuotas_epoch_after(:seen::bigint) AS epoch
