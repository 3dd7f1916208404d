-- All is paid: the contract is settled. Also confirms the order, should this come before the word of its first payment.
WITH confirmed AS (
    UPDATE sales_order SET status = 'confirmed', confirmed_at = :occurred_at::timestamptz
    WHERE contract_id = (:data::jsonb ->> 'contract_id')::uuid AND id = (:data::jsonb ->> 'order_id')::uuid
      AND status <> 'confirmed' AND sales_order_may_become(status, 'confirmed')
    RETURNING id, customer_id, contract_id, currency, total_payable, reservation_id
), settled AS (
    UPDATE contract SET status = 'settled', settled_at = :occurred_at::timestamptz
    WHERE id = (:data::jsonb ->> 'contract_id')::uuid AND status <> 'settled' AND contract_may_become(status, 'settled')
    RETURNING id, order_id, customer_id, currency, total_payable
), event AS (
    SELECT 1 AS place, 'order.confirmed' AS type, id AS order_id, customer_id,
           jsonb_build_object('order_id', id, 'contract_id', contract_id, 'customer_id', customer_id, 'currency', currency,
                              'total_payable', total_payable, 'reservation_id', reservation_id) AS data
    FROM confirmed
    UNION ALL
    SELECT 2, 'contract.settled', order_id, customer_id,
           jsonb_build_object('order_id', order_id, 'contract_id', id, 'customer_id', customer_id, 'currency', currency,
                              'total_payable', total_payable)
    FROM settled
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT type, order_id::text, customer_id, data, :trace, :occurred_at::timestamptz
FROM event
ORDER BY place
