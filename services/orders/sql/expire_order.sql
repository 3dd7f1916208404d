-- Gives an unpaid order up, after billing has closed it: no payment of it can succeed any more.
WITH expired AS (
    UPDATE sales_order SET status = 'expired', closed_at = :now::timestamptz
    WHERE id = :id::uuid AND status <> 'expired' AND sales_order_may_become(status, 'expired')
    RETURNING id, customer_id, contract_id, reservation_id
), ended AS (
    UPDATE contract c SET status = 'terminated' FROM expired e
    WHERE c.id = e.contract_id AND contract_may_become(c.status, 'terminated')
), canceled AS (
    UPDATE installment i SET status = 'canceled', outstanding = 0 FROM expired e
    WHERE i.contract_id = e.contract_id AND installment_may_become(i.status, 'canceled')
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'order.expired', id::text, customer_id,
       jsonb_build_object('order_id', id, 'customer_id', customer_id, 'reservation_id', reservation_id), :trace, :now::timestamptz
FROM expired
