-- A new customer: whom to write to, and the welcome.
WITH known AS (
    INSERT INTO contact (customer_id, email, full_name, locale, consents)
    SELECT (d ->> 'customer_id')::uuid, d ->> 'email', d ->> 'full_name', coalesce(d ->> 'locale', 'es'), coalesce(d -> 'consents', '{}')
    FROM (SELECT :data::jsonb AS d) AS event
    ON CONFLICT (customer_id) DO UPDATE SET email = excluded.email, full_name = excluded.full_name, locale = excluded.locale
    RETURNING customer_id
), queued AS (
    INSERT INTO notification (id, customer_id, template, channel, status, data, event_id, created_at)
    SELECT cuotas_uuid_v7(), customer_id, 'welcome', 'email', 'queued', '{}', :event_id::uuid, :now::timestamptz FROM known
    ON CONFLICT (event_id) DO NOTHING
    RETURNING id
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'send_mail', 'mail:' || id, :now::timestamptz, jsonb_build_object('notification_id', id), :trace FROM queued
ON CONFLICT (key) DO NOTHING
