-- Money came: the first of it confirms the order and makes its contract active. Repetitions, and payments after the first, change
-- nothing. Money that came for an order billing had given up (it pays nothing: order_paid is 0) goes back and confirms nothing.
WITH confirmed AS (
    UPDATE sales_order SET status = 'confirmed', confirmed_at = :occurred_at::timestamptz
    FROM json_to_record(:data::json) AS e(order_id uuid, order_paid bigint)
    WHERE id = e.order_id AND e.order_paid > 0 AND status <> 'confirmed' AND sales_order_may_become(status, 'confirmed')
    RETURNING id, customer_id, contract_id, currency, total_payable, reservation_id
), activated AS (
    UPDATE contract c SET status = 'active' FROM confirmed o
    WHERE c.id = o.contract_id AND contract_may_become(c.status, 'active')
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'order.confirmed', id::text, customer_id,
       jsonb_build_object('order_id', id, 'contract_id', contract_id, 'customer_id', customer_id, 'currency', currency,
                          'total_payable', total_payable, 'reservation_id', reservation_id), :trace, :occurred_at::timestamptz
FROM confirmed
