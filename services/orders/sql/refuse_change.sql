-- Billing does not apply it, and never will: it was computed from what is no more. What a restore should have undone is looked at again.
-- adds: jobs for later
WITH refused AS (
    UPDATE contract_change SET status = 'refused', version = version + 1, refusal = :refusal, ended_at = :now::timestamptz
    WHERE id = :id::uuid AND status = 'confirming'
    RETURNING id, undoes, order_id, contract_id, customer_id, kind, requested_as
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'order.change_refused', order_id::text, customer_id,
           jsonb_build_object('order_id', order_id, 'contract_id', contract_id, 'customer_id', customer_id, 'change_id', id, 'kind', kind, 'requested_as', requested_as),
           :trace, :now::timestamptz
    FROM refused WHERE undoes IS NULL
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'lapse_change', 'lapse:' || undoes || ':' || id, :now::timestamptz + interval '1 minute', jsonb_build_object('change_id', undoes), :trace
FROM refused WHERE undoes IS NOT NULL
