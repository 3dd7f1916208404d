-- crm's word on the segments of a customer. The highest revision wins, whatever order they arrive in.
INSERT INTO customer_segments AS s (customer_id, segments, revision)
SELECT e.customer_id, e.segments, e.revision FROM json_to_record(:data::json) AS e(customer_id uuid, segments jsonb, revision bigint)
ON CONFLICT (customer_id) DO UPDATE SET segments = excluded.segments, revision = excluded.revision
WHERE excluded.revision > s.revision
