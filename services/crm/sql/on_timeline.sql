-- An event of another service becomes an entry. Of an installment's changes only falling behind is told: payments have their own entry.
INSERT INTO timeline_entry (id, customer_id, at, type, data)
SELECT :event_id::uuid, :customer_id::uuid, :occurred_at::timestamptz, :event_type, data
FROM (SELECT :data::jsonb AS data) AS event
WHERE :customer_id::uuid IS NOT NULL AND (:event_type::text <> 'installment.updated' OR data ->> 'status' = 'overdue')
ON CONFLICT (id) DO NOTHING
