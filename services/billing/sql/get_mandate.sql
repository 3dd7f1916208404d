-- What the customer has agreed to for a method: the last time, where there are several.
-- pool: read
SELECT json_build_object('id', d.id, 'payment_method_id', d.payment_method_id, 'customer_id', d.customer_id, 'text', d.text, 'text_sha256', d.text_sha256,
                         'channel', d.channel, 'ip', d.ip, 'user_agent', d.user_agent, 'recorded_by', d.recorded_by, 'payment_id', d.payment_id, 'accepted_at', d.accepted_at, 'revoked_at', d.revoked_at,
                         'revoked_by', d.revoked_by) AS body
FROM mandate d WHERE d.payment_method_id = :id::uuid
ORDER BY d.accepted_at DESC, d.id DESC LIMIT 1
