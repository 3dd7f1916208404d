-- Takes a step once and has the message sent, with the amounts of this moment.
WITH taken AS (
    INSERT INTO dunning_step (case_id, step, taken_at)
    SELECT id, :step::text, :now::timestamptz FROM collection_case WHERE id = :id::uuid AND status IN ('open', 'in_treatment')
    ON CONFLICT DO NOTHING
    RETURNING case_id
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'dunning.due', c.id::text, c.customer_id,
       jsonb_build_object('case_id', c.id, 'customer_id', c.customer_id, 'order_id', c.order_id, 'currency', c.currency, 'overdue', c.overdue,
                          'dpd', c.dpd, 'step', :step::text, 'template', 'dunning_' || :step::text, 'payment_url', :payment_url::text), :trace, :now::timestamptz
FROM taken JOIN collection_case c ON c.id = taken.case_id
