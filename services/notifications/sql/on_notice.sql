-- An event the customer is told about: one message each. A declined payment is news only when nobody was there to see it.
WITH event AS MATERIALIZED (   -- read once
    SELECT :data::jsonb AS data, :event_type::text AS type
), queued AS (
    INSERT INTO notification (id, customer_id, template, channel, status, data, event_id, created_at)
    SELECT cuotas_uuid_v7(), :customer_id::uuid, template, 'email', 'queued', data, :event_id::uuid, :now::timestamptz
    FROM (SELECT data,
                 CASE type
                     WHEN 'order.confirmed' THEN 'order_confirmed'
                     WHEN 'order.review_started' THEN 'order_in_review'
                     WHEN 'order.approved' THEN 'order_approved'
                     WHEN 'order.declined' THEN 'order_not_approved'
                     WHEN 'contract.settled' THEN 'settled'
                     WHEN 'payment.succeeded' THEN CASE WHEN data ? 'recovered' THEN 'receipt_recovered' WHEN data ->> 'excess' = '0' THEN 'receipt'
                                                        WHEN data ->> 'excess' = data ->> 'amount' THEN CASE WHEN data ? 'excess_to' THEN 'payment_credited' ELSE 'payment_returned' END
                                                        WHEN data ? 'excess_to' THEN 'receipt_credit' ELSE 'receipt_excess' END
                     WHEN 'refund.succeeded' THEN CASE coalesce(data ->> 'to', 'method') WHEN 'method' THEN 'refund_sent'
                                                       WHEN 'credit' THEN CASE WHEN data ->> 'kind' <> 'excess' THEN 'refund_credited' END   -- the receipt told it
                                                       ELSE 'refund_paid_out' END
                     WHEN 'dispute.opened' THEN 'dispute_opened'
                     WHEN 'dispute.closed' THEN CASE WHEN (data ->> 'reopened')::bigint > 0 THEN 'dispute_lost' END
                     WHEN 'payment.failed' THEN CASE WHEN data ->> 'source' = 'autopay' THEN 'payment_failed' END
                     WHEN 'installment.due_soon' THEN 'reminder'
                     WHEN 'payment_method.expiring' THEN 'card_expiring'
                     WHEN 'mandate.revoked' THEN 'mandate_revoked'
                     WHEN 'direct_debit.announced' THEN 'direct_debit_announced'
                     WHEN 'dunning.due' THEN data ->> 'template'
                     WHEN 'case.cured' THEN 'cured'
                     WHEN 'fulfillment.updated' THEN CASE data ->> 'step' WHEN 'shipped' THEN 'order_shipped' WHEN 'delivered' THEN 'order_delivered' END
                     ELSE notice_template(type, data)
                 END AS template
          FROM event) AS chosen
    WHERE template IS NOT NULL
    ON CONFLICT (event_id) DO NOTHING
    RETURNING id, template
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT CASE WHEN EXISTS (SELECT FROM template t WHERE t.code = queued.template AND t.purpose IS NOT NULL) THEN 'send_wanted_mail' ELSE 'send_mail' END, 'mail:' || id, :now::timestamptz,
       jsonb_build_object('notification_id', id), :trace
FROM queued
ON CONFLICT (key) DO NOTHING
