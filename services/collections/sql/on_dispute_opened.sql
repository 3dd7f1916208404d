-- A payment of an order is disputed: its case rests. Told after its end, it changes nothing.
WITH given AS (
    SELECT (:data::jsonb ->> 'dispute_id')::uuid AS dispute_id, (:data::jsonb ->> 'order_id')::uuid AS order_id
), held AS (
    INSERT INTO dispute_hold (dispute_id, order_id, open) SELECT dispute_id, order_id, true FROM given
    ON CONFLICT DO NOTHING
    RETURNING order_id
)
UPDATE collection_case c SET status = 'disputed' FROM held h WHERE c.order_id = h.order_id AND c.status IN ('open', 'in_treatment')
