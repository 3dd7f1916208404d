-- Keeps a provider's signed event, once, with the job that acts on it. stored: false when it had come before.
WITH kept AS (
    INSERT INTO webhook_event (id, provider, event_id, type, payload, signature, received_at)
    VALUES (:id::uuid, :provider, :event_id, :type, :payload, :signature, :now::timestamptz)
    ON CONFLICT (provider, event_id) DO NOTHING
    RETURNING id
), acting AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'process_webhook', 'webhook:' || id, :now::timestamptz, jsonb_build_object('webhook_event_id', id), :trace FROM kept
    ON CONFLICT (key) DO NOTHING
)
SELECT EXISTS (SELECT FROM kept) AS stored
