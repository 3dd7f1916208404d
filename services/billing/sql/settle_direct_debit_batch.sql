-- The bank has credited what is under way of a batch that was sent: a job records each.
WITH settled AS (
    UPDATE direct_debit_batch b SET settled_on = coalesce(:settled_on::date, :today::date), settled_by = :by 
    WHERE b.id = :id::uuid AND b.status = 'sent' AND EXISTS (SELECT FROM direct_debit d WHERE d.batch_id = b.id AND d.status = 'pending')
    RETURNING b.id, b.settled_on
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'collect_direct_debit', 'direct-debit:' || d.id, :now::timestamptz, jsonb_build_object('direct_debit_id', d.id, 'received_on', s.settled_on, 'by', :by::text), :trace
FROM settled s JOIN direct_debit d ON d.batch_id = s.id AND d.status = 'pending'
ORDER BY d.id
ON CONFLICT (key) DO NOTHING
