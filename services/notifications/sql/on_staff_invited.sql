-- Somebody of the staff is to set a password: whom to write to, and the mail. Its key is not in here: it is made when the mail is written.
WITH event AS MATERIALIZED (
    SELECT :data::jsonb AS data
), known AS (
    INSERT INTO contact (customer_id, email, full_name, locale)
    SELECT (data ->> 'staff_id')::uuid, data ->> 'email', data ->> 'full_name', data ->> 'locale' FROM event
    ON CONFLICT (customer_id) DO UPDATE SET email = excluded.email, full_name = excluded.full_name, locale = excluded.locale
    RETURNING customer_id
), queued AS (
    INSERT INTO notification (id, customer_id, template, channel, status, data, event_id, created_at)
    SELECT cuotas_uuid_v7(), customer_id, CASE WHEN (data ->> 'first')::boolean THEN 'staff_invitation' ELSE 'staff_password' END, 'email', 'queued', data, :event_id::uuid,
           :now::timestamptz
    FROM known, event
    ON CONFLICT (event_id) DO NOTHING
    RETURNING id
)
INSERT INTO job (kind, key, run_at, payload, trace)
SELECT 'send_staff_mail', 'mail:' || id, :now::timestamptz, jsonb_build_object('notification_id', id), :trace FROM queued
ON CONFLICT (key) DO NOTHING
