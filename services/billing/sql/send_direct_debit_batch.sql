-- A batch was given to the bank.
UPDATE direct_debit_batch b SET status = 'sent', decided_at = :now::timestamptz, decided_by = :by WHERE b.id = :id::uuid AND b.status = 'created'
