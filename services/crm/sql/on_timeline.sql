-- An event of another service becomes an entry; a draft is the shop's own, and so is what it writes off. Of an installment's changes only falling behind is told, not what it costs day by
-- day: payments have their own entry.
INSERT INTO timeline_entry (id, customer_id, at, type, data, internal)
SELECT :event_id::uuid, :customer_id::uuid, :occurred_at::timestamptz, :event_type, data,
       coalesce((data ->> 'draft')::boolean, false)
       OR :event_type::text IN ('order.schedule_changed', 'order.change_refused', 'order.change_canceled') AND coalesce(data ->> 'kind' = 'write_off', false)
FROM (SELECT :data::jsonb AS data) AS event
WHERE :customer_id::uuid IS NOT NULL AND (:event_type::text <> 'installment.updated' OR data ->> 'status' = 'overdue' AND NOT data ? 'late')
ON CONFLICT (id) DO NOTHING
