-- The message will not be tried again. What the staff is sent is of no customer: nobody's timeline has it.
WITH failed AS (
    UPDATE notification
    SET status = 'failed', recipient = :recipient, subject = :subject
    WHERE id = :id::uuid AND status = 'queued'
    RETURNING id, CASE WHEN template NOT LIKE 'staff\_%' THEN customer_id END AS customer_id, template, channel, recipient, subject
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'notification.failed', id::text, customer_id,
       jsonb_build_object('notification_id', id, 'customer_id', customer_id, 'template', template, 'channel', channel, 'to', recipient,
                          'title', subject, 'reason', :reason::text), :trace, :now::timestamptz
FROM failed
