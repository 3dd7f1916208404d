-- Asks for a method to be kept for later charges: the row, the job that sets it up at the provider, the reply.
WITH created AS (
    INSERT INTO payment_method (id, customer_id, provider, token, status, created_at)
    VALUES (:id::uuid, :customer_id::uuid, :provider, :token, 'processing', :now::timestamptz)
    RETURNING id, payment_method_body(payment_method.*, false)::text AS body
), setting_up AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'set_up_method', 'setup:' || id, :now::timestamptz, jsonb_build_object('payment_method_id', id), :trace FROM created
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT body FROM created
), {{remember 201}}
SELECT body FROM reply
