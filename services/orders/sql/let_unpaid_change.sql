-- A change that was not paid and cannot be undone: it ends, the rows it made stay in force, and others may follow.
UPDATE contract_change SET status = 'lapsed', version = version + 1, refusal = :refusal, ended_at = :now::timestamptz
WHERE id = :id::uuid AND status = 'awaiting_payment'
