-- Log-ins, customers, staff, refresh tokens, timelines.
CREATE TABLE login (
    username       text NOT NULL CHECK (username = lower(username)),
    kind           text NOT NULL CHECK (kind IN ('customer', 'staff')),
    subject        uuid NOT NULL UNIQUE,
    password_hash  text NOT NULL,   -- Argon2id, encoded with its parameters
    disabled       boolean NOT NULL DEFAULT false,
    CONSTRAINT login_pkey PRIMARY KEY (username)
);

CREATE TABLE customer (
    id          uuid PRIMARY KEY,
    email       text NOT NULL,
    full_name   text NOT NULL,
    phone       text,
    locale      text NOT NULL,
    tax_id      text,
    consents    jsonb NOT NULL,
    created_at  timestamptz NOT NULL
);

-- What each role may do: the scopes of its tokens.
CREATE TABLE role (
    name    text PRIMARY KEY,
    scopes  text NOT NULL
);
INSERT INTO role (name, scopes) VALUES
    ('admin', 'catalog.write orders.read billing.read billing.write crm.read crm.write notifications.read collections.read clock.write'),
    ('sales', 'catalog.write orders.read crm.read'),
    ('billing', 'orders.read billing.read billing.write crm.read'),
    ('collector', 'orders.read billing.read crm.read notifications.read collections.read'),
    ('support', 'orders.read billing.read crm.read notifications.read');

CREATE TABLE staff_user (
    id          uuid PRIMARY KEY,
    username    text NOT NULL REFERENCES login,
    full_name   text NOT NULL,
    role        text NOT NULL REFERENCES role,
    created_at  timestamptz NOT NULL
);

-- A log-in and the refresh tokens that followed each other from it. Only digests are kept. Times are real, not business time.
CREATE TABLE refresh_family (
    id          uuid PRIMARY KEY,
    subject     uuid NOT NULL REFERENCES login (subject),
    revoked_at  timestamptz
);
CREATE TABLE refresh_token (
    digest      bytea PRIMARY KEY,
    family      uuid NOT NULL REFERENCES refresh_family,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX refresh_token_expiry ON refresh_token (expires_at);

CREATE TABLE timeline_entry (
    id           uuid PRIMARY KEY,           -- the event's
    customer_id  uuid NOT NULL,
    at           timestamptz NOT NULL,
    type         text NOT NULL,
    data         jsonb NOT NULL
);
CREATE INDEX timeline_entry_newest ON timeline_entry (customer_id, at DESC, id DESC);

-- "COP 12990.00": enough for a title; documents write amounts the reader's way.
CREATE FUNCTION title_money(data jsonb, member text) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT (data ->> 'currency') || ' ' || CASE
        WHEN data ->> 'currency' IN ('CLP', 'PYG', 'JPY', 'KRW', 'VND', 'ISK', 'UGX', 'XAF', 'XOF', 'XPF', 'RWF', 'BIF', 'DJF', 'GNF', 'KMF', 'VUV')
            THEN (data ->> member)
        WHEN data ->> 'currency' IN ('KWD', 'BHD', 'OMR', 'TND', 'JOD', 'IQD', 'LYD')
            THEN round((data ->> member)::numeric / 1000, 3)::text
        ELSE round((data ->> member)::numeric / 100, 2)::text END
$$;

CREATE FUNCTION timeline_title(type text, data jsonb, spanish boolean) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT coalesce(CASE WHEN spanish THEN CASE type
        WHEN 'customer.registered' THEN 'Cliente registrado'
        WHEN 'order.placed' THEN 'Pedido realizado: ' || title_money(data, 'total_payable')
        WHEN 'order.confirmed' THEN 'Pedido confirmado'
        WHEN 'order.expired' THEN 'Pedido vencido sin pago'
        WHEN 'contract.settled' THEN 'Contrato saldado'
        WHEN 'payment.succeeded' THEN 'Pago recibido: ' || title_money(data, 'amount')
        WHEN 'payment.failed' THEN 'Pago rechazado: ' || title_money(data, 'amount')
        WHEN 'payment_method.saved' THEN 'Medio de pago guardado'
        WHEN 'installment.due_soon' THEN 'Cuota ' || (data ->> 'number') || ' por vencer el ' || (data ->> 'due_date')
        WHEN 'installment.updated' THEN 'Cuota ' || (data ->> 'number') || ' vencida: ' || title_money(data, 'outstanding')
        WHEN 'case.opened' THEN 'Caso de cobranza abierto: ' || title_money(data, 'overdue')
        WHEN 'case.cured' THEN 'Al día: caso de cobranza cerrado'
        WHEN 'notification.sent' THEN 'Mensaje enviado: ' || (data ->> 'title')
        WHEN 'notification.failed' THEN 'Mensaje no entregado'
        END ELSE CASE type
        WHEN 'customer.registered' THEN 'Customer registered'
        WHEN 'order.placed' THEN 'Order placed: ' || title_money(data, 'total_payable')
        WHEN 'order.confirmed' THEN 'Order confirmed'
        WHEN 'order.expired' THEN 'Order expired without payment'
        WHEN 'contract.settled' THEN 'Contract settled'
        WHEN 'payment.succeeded' THEN 'Payment received: ' || title_money(data, 'amount')
        WHEN 'payment.failed' THEN 'Payment declined: ' || title_money(data, 'amount')
        WHEN 'payment_method.saved' THEN 'Payment method saved'
        WHEN 'installment.due_soon' THEN 'Installment ' || (data ->> 'number') || ' is due on ' || (data ->> 'due_date')
        WHEN 'installment.updated' THEN 'Installment ' || (data ->> 'number') || ' overdue: ' || title_money(data, 'outstanding')
        WHEN 'case.opened' THEN 'Collection case opened: ' || title_money(data, 'overdue')
        WHEN 'case.cured' THEN 'Up to date: collection case cured'
        WHEN 'notification.sent' THEN 'Message sent: ' || (data ->> 'title')
        WHEN 'notification.failed' THEN 'Message not delivered'
        END END, type)
$$;
