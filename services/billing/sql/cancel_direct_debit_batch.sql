-- A batch that was not given to the bank is given up: its receivables can be in another.
WITH canceled AS (
    UPDATE direct_debit_batch b SET status = 'canceled', decided_at = :now::timestamptz, decided_by = :by WHERE b.id = :id::uuid AND b.status = 'created'
    RETURNING b.id
)
UPDATE direct_debit d SET status = 'canceled', decided_at = :now::timestamptz, decided_by = :by FROM canceled c WHERE d.batch_id = c.id AND d.status = 'pending'
