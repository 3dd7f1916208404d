-- Money of a contract that was paid went back, and is owed again: it is settled no more. Its order stays what it came to.
UPDATE contract c SET status = 'active', settled_at = NULL
WHERE c.id = (:data::jsonb ->> 'contract_id')::uuid AND c.status IN ('settled', 'written_off') AND contract_may_become(c.status, 'active')
