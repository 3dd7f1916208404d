-- All is paid: the contract is settled, an order that was delivered is complete, and the gate to goods is open. Also confirms the order, should this come before the word of its
-- first payment. The order is locked first: whoever records its delivery in the same moment sees the contract settled, or is seen here.
WITH sold AS MATERIALIZED (
    SELECT o.id, o.customer_id, o.contract_id, o.currency, o.total_payable, o.reservation_id,
           o.status <> 'confirmed' AND sales_order_may_become(o.status, 'confirmed') AS confirms,
           o.status = 'confirmed' AND o.fulfilment_status = 'fulfilled' AS completes,
           release_awaited(o) AS releases
    FROM sales_order o
    WHERE o.contract_id = (:data::jsonb ->> 'contract_id')::uuid AND o.id = (:data::jsonb ->> 'order_id')::uuid
    FOR NO KEY UPDATE
), settled AS (
    UPDATE contract c SET status = 'settled', settled_at = :occurred_at::timestamptz
    FROM sold s
    WHERE c.id = s.contract_id AND c.status <> 'settled' AND contract_may_become(c.status, 'settled')
    RETURNING c.id, c.order_id
), ordered AS (
    UPDATE sales_order o SET status = CASE WHEN s.confirms THEN 'confirmed' WHEN s.completes THEN 'completed' ELSE o.status END,
                             fulfilment_status = CASE WHEN s.releases THEN 'unfulfilled' ELSE o.fulfilment_status END,
                             confirmed_at = coalesce(o.confirmed_at, :occurred_at::timestamptz)
    FROM sold s
    WHERE o.id = s.id AND (s.confirms OR s.completes OR s.releases)
), event AS (
    SELECT 1 AS place, 'order.confirmed' AS type, s.*,
           jsonb_build_object('order_id', id, 'contract_id', contract_id, 'customer_id', customer_id, 'currency', currency,
                              'total_payable', total_payable, 'reservation_id', reservation_id) AS data
    FROM sold s WHERE s.confirms
    UNION ALL
    SELECT 2, 'contract.settled', s.*,
           jsonb_build_object('order_id', s.id, 'contract_id', contract_id, 'customer_id', customer_id, 'currency', currency,
                              'total_payable', (:data::jsonb ->> 'total')::bigint)
    FROM sold s JOIN settled ON settled.order_id = s.id
    UNION ALL
    SELECT 3, 'order.completed', s.*, jsonb_build_object('order_id', s.id, 'contract_id', contract_id, 'customer_id', customer_id)
    FROM sold s WHERE s.completes
    UNION ALL
    SELECT 4, 'fulfillment.updated', s.*, released_event(s.id, s.customer_id, :occurred_at::timestamptz) FROM sold s WHERE s.releases
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT type, id::text, customer_id, data, :trace, :occurred_at::timestamptz
FROM event
ORDER BY place
