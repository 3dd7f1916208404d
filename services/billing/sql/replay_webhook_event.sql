-- A kept event, verified anew, is acted on once more.
WITH again AS (
    UPDATE webhook_event SET verdict = NULL, processed_at = NULL WHERE id = :id::uuid
    RETURNING *
), acting AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'process_webhook', 'webhook:' || id || ':' || :replay::uuid, :now::timestamptz, jsonb_build_object('webhook_event_id', id), :trace FROM again
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT json_build_object('id', id, 'provider', provider, 'event_id', event_id, 'type', type, 'verdict', 'waiting', 'received_at', received_at,
                             'processed_at', NULL)::text AS body
    FROM again
), {{remember 200}}
SELECT body FROM reply
