-- Goods have left: an order whose deposit has its invoice gets that of the sale. By a job, for this is one unit with other events: what it locks, others would wait for.
-- adds: jobs
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'issue_invoice', 'invoice:' || d.order_id, :now::timestamptz, jsonb_build_object('order_id', d.order_id), :trace
FROM json_to_record(:data::json) AS e(order_id uuid, step text) JOIN deposit_invoice d USING (order_id)
WHERE e.step IN ('shipped', 'delivered') AND NOT EXISTS (SELECT FROM invoice i WHERE i.order_id = d.order_id)
ON CONFLICT (key) DO NOTHING
