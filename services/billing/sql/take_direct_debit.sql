-- Takes a direct debit that is under way, of a batch that the bank has, for the rest of the unit, behind the order's account.
SELECT CASE WHEN d.status <> 'pending' OR b.status <> 'sent' THEN cuotas_fail('batch_decided') END AS checked
FROM direct_debit d JOIN direct_debit_batch b ON b.id = d.batch_id WHERE d.id = :id::uuid
FOR UPDATE OF d
