-- Whether an order is still waiting for its first payment past its time.
SELECT id FROM sales_order WHERE id = :id::uuid AND status = 'pending_payment' AND expires_at <= :now::timestamptz
