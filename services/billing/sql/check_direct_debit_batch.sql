-- A batch as it is now (after what was done to it, in its unit); fails the unit when it is not in the state that was asked for.
SELECT CASE WHEN b.status <> :status THEN cuotas_fail('batch_decided', 'the batch is ' || b.status) END AS checked, direct_debit_batch_body(b)::text AS body
FROM direct_debit_batch b WHERE b.id = :id::uuid
