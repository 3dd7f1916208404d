-- Asks for a method to be kept for later charges: the row, what its customer has agreed to, the job that sets it up at the provider, the reply; none of it after too many declines.
WITH payer AS (
    SELECT :customer_id::uuid AS customer_id, NULL::uuid AS order_id, false AS by_link
), {{part declined}}, created AS (
    INSERT INTO payment_method (id, customer_id, provider, token, status, created_at)
    SELECT :id::uuid, r.customer_id, :provider, :token, 'processing', :now::timestamptz FROM payer r WHERE NOT EXISTS (SELECT FROM declined)
    RETURNING id, payment_method_body(payment_method.*, false, :today::date)::text AS body
), agreed AS (
    INSERT INTO mandate (id, payment_method_id, customer_id, text, text_sha256, channel, ip, user_agent, accepted_at)
    SELECT :mandate_id::uuid, c.id, :customer_id::uuid, :mandate_text, :mandate_sha256, :channel, :ip, :user_agent, :now::timestamptz FROM created c
    WHERE :mandate_text::text IS NOT NULL
), setting_up AS (
    INSERT INTO job (kind, key, run_at, payload, trace)
    SELECT 'set_up_method', 'setup:' || id, :now::timestamptz, jsonb_build_object('payment_method_id', id), :trace FROM created
    ON CONFLICT (key) DO NOTHING
), reply AS (
    SELECT body FROM created
), {{remember 201}}
SELECT CASE WHEN d.until IS NOT NULL THEN 'too_many_declines' END AS problem, ceil(extract(epoch FROM d.until - :now::timestamptz))::int AS problem_wait_s, r.body
FROM payer LEFT JOIN declined d ON true LEFT JOIN reply r ON true
