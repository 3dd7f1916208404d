-- The mail server has the message, whatever came meanwhile (suppressed: too late). What the staff is sent is of no customer: nobody's timeline has it.
WITH sent AS (
    UPDATE notification
    SET status = 'sent', recipient = :recipient, subject = :subject, sent_at = :now::timestamptz
    WHERE id = :id::uuid AND status IN ('queued', 'suppressed')
    RETURNING id, CASE WHEN template NOT LIKE 'staff\_%' THEN customer_id END AS customer_id, template, channel, recipient, subject
)
INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
SELECT 'notification.sent', id::text, customer_id,
       jsonb_build_object('notification_id', id, 'customer_id', customer_id, 'template', template, 'channel', channel, 'to', recipient,
                          'title', subject), :trace, :now::timestamptz
FROM sent
