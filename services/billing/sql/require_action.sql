-- The customer has to authenticate a payment (after lock_payment, in its unit). Nothing can be taken without them, so the
-- account is free again: they may also pay in another way.
WITH asked AS (
    UPDATE payment SET status = 'requires_action', provider_reference = :provider_reference, updated_at = :now::timestamptz,
                       brand = coalesce(:brand, brand), last4 = coalesce(:last4, last4),
                       next_action_type = :next_action_type, next_action_url = :next_action_url
    WHERE id = :payment_id::uuid AND status IN ('processing', 'unknown')
    RETURNING *
), released AS (
    UPDATE order_account a SET in_flight = NULL FROM asked p WHERE a.order_id = p.order_id AND a.in_flight = p.id
), given_up AS (
    -- The order was given up, or came to need no money, while the charge was on its way.
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'cancel_payment', 'cancel:' || p.id, :now::timestamptz, jsonb_build_object('payment_id', p.id), :trace
    FROM asked p JOIN order_account a USING (order_id)
    WHERE a.status IN ('closed', 'settled', 'written_off')
    ON CONFLICT (key) DO NOTHING
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'payment.requires_action', p.id::text, p.customer_id,
       jsonb_build_object('payment_id', p.id, 'order_id', p.order_id, 'customer_id', p.customer_id, 'amount', p.amount, 'currency', p.currency),
       :trace, :now::timestamptz
FROM asked p
