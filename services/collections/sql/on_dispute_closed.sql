-- A dispute was decided: unless another one is open, the order's case is open again, and what was not said while it rested is said now.
WITH given AS (
    SELECT (:data::jsonb ->> 'dispute_id')::uuid AS dispute_id, (:data::jsonb ->> 'order_id')::uuid AS order_id
), ended AS (
    INSERT INTO dispute_hold AS h (dispute_id, order_id, open) SELECT dispute_id, order_id, false FROM given
    ON CONFLICT (dispute_id) DO UPDATE SET open = false WHERE h.open
    RETURNING h.order_id, h.dispute_id
), again AS (
    UPDATE collection_case c SET status = 'open' FROM ended e
    WHERE c.order_id = e.order_id AND c.status = 'disputed'
      AND NOT EXISTS (SELECT FROM dispute_hold o WHERE o.order_id = e.order_id AND o.open AND o.dispute_id <> e.dispute_id)
    RETURNING c.id, e.dispute_id
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'send_dunning', 'dunning:' || id || ':first:' || dispute_id, :now::timestamptz, jsonb_build_object('case_id', id, 'step', 'first'), :trace
FROM again
ON CONFLICT (key) DO NOTHING
