-- What it waited for was paid.
UPDATE contract_change SET status = 'confirmed', version = version + 1, ended_at = :now::timestamptz
WHERE id = :id::uuid AND status = 'awaiting_payment'
