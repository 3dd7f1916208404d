-- A SEPA mandate: a payment method that is `signed` at once (0056) and its customer's default, what was signed, what its customer has agreed to, the reply.
WITH method AS (
    INSERT INTO payment_method (id, customer_id, provider, token, last4, status, created_at, saved_at)
    VALUES (:id::uuid, :customer_id::uuid, 'sepa', :id, right(:iban, 4), 'signed', :now::timestamptz, :now::timestamptz)
    RETURNING payment_method.*
), signed AS (
    INSERT INTO sepa_mandate (id, customer_id, reference, scheme, debtor_name, iban, bic, signed_on, recorded_by, created_at)
    VALUES (:id::uuid, :customer_id::uuid, :reference, :scheme, :debtor_name, :iban, :bic, coalesce(:signed_on::date, :today::date), :by, :now::timestamptz)
    RETURNING sepa_mandate.*
), agreed AS (
    INSERT INTO mandate (id, payment_method_id, customer_id, text, text_sha256, channel, ip, user_agent, recorded_by, accepted_at)
    SELECT :mandate_id::uuid, :id::uuid, :customer_id::uuid, :mandate_text, :mandate_sha256, :channel, :ip, :user_agent, :recorded_by, :now::timestamptz
    WHERE :mandate_text::text IS NOT NULL
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'payment_method.saved', m.id::text, m.customer_id,
           jsonb_build_object('payment_method_id', m.id, 'customer_id', m.customer_id, 'provider', m.provider, 'brand', m.brand, 'last4', m.last4), :trace, :now::timestamptz
    FROM method m
), reply AS (
    SELECT sepa_mandate_body(s.*::sepa_mandate, m.*::payment_method)::text AS body FROM signed s CROSS JOIN method m
), {{remember 201}}
SELECT body FROM reply
