-- A customer with their log-in, first timeline entry and event. A taken email violates login_pkey.
WITH known AS (
    INSERT INTO login (username, kind, subject, password_hash)
    VALUES (lower(:email), 'customer', :id::uuid, :password_hash)
    RETURNING subject
), registered AS (
    INSERT INTO customer (id, email, full_name, phone, locale, tax_id, consents, created_at)
    SELECT subject, :email, :full_name, :phone, :locale, :tax_id, :consents::jsonb, :now::timestamptz FROM known
    RETURNING *
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'customer.registered', id::text, id,
           jsonb_build_object('customer_id', id, 'email', email, 'full_name', full_name, 'phone', phone, 'locale', locale,
                              'consents', consents), :trace, created_at
    FROM registered
), entered AS (
    INSERT INTO timeline_entry (id, customer_id, at, type, data)
    SELECT cuotas_uuid_v7(), id, created_at, 'customer.registered', '{}' FROM registered
), reply AS (
    SELECT json_build_object('id', id, 'email', email, 'full_name', full_name, 'phone', phone, 'locale', locale, 'tax_id', tax_id,
                             'consents', consents, 'created_at', created_at)::text AS body
    FROM registered
), {{remember 201}}
SELECT body FROM reply
