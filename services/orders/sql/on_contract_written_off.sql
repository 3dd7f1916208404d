-- What was owed again under a contract that had been written off is paid: it is written off as before, and nobody is told that all was paid.
UPDATE contract c SET status = 'written_off'
WHERE c.id = (:data::jsonb ->> 'contract_id')::uuid AND c.status <> 'written_off' AND contract_may_become(c.status, 'written_off')
