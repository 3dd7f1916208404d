-- Asks for a method to be kept for later charges: the row, what its customer has agreed to, the job that sets it up at the provider, the reply.
WITH created AS (
    INSERT INTO payment_method (id, customer_id, provider, token, status, created_at)
    VALUES (:id::uuid, :customer_id::uuid, :provider, :token, 'processing', :now::timestamptz)
    RETURNING id, payment_method_body(payment_method.*, false, :today::date)::text AS body
), agreed AS (
    INSERT INTO mandate (id, payment_method_id, customer_id, text, text_sha256, channel, ip, user_agent, accepted_at)
    SELECT :mandate_id::uuid, :id::uuid, :customer_id::uuid, :mandate_text, :mandate_sha256, :channel, :ip, :user_agent, :now::timestamptz
    WHERE :mandate_text::text IS NOT NULL
), setting_up AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'set_up_method', 'setup:' || id, :now::timestamptz, jsonb_build_object('payment_method_id', id), :trace FROM created
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT body FROM created
), {{remember 201}}
SELECT body FROM reply
