-- Mails for which a consent is needed: whether there is one, and when they may come.
ALTER TABLE contact ADD COLUMN consents jsonb NOT NULL DEFAULT '{}', ADD COLUMN consents_revision bigint NOT NULL DEFAULT 0;

-- The consent a message needs; NULL: what has to be told.
ALTER TABLE template ADD COLUMN purpose text;

-- Not sent, for it was not wanted: `suppressed`.
CREATE OR REPLACE FUNCTION notification_words(status text, channel text, sent_at timestamptz) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN channel = 'email' AND status IN ('queued', 'sent', 'failed', 'suppressed') AND (status = 'sent') = (sent_at IS NOT NULL);
END $$;

-- When people may be written to about what they need not know, by the merchant's clock; a day without a row: not at all
-- (without any row: at any time). Colombia's Ley 2300 de 2023, art. 3 (public holidays are not in it). Day 1 is
-- Monday.
CREATE TABLE contact_hours (
    day    int PRIMARY KEY CHECK (day BETWEEN 1 AND 7),
    opens  time NOT NULL,
    closes time NOT NULL CHECK (closes > opens)
);
INSERT INTO contact_hours SELECT day, '07:00', '19:00' FROM generate_series(1, 5) AS day;
INSERT INTO contact_hours VALUES (6, '08:00', '15:00');
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON contact_hours FROM {{app}};

-- The first moment from `at` on within those hours; NULL where there is none.
CREATE FUNCTION contact_time(at timestamptz, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT greatest(at, (d.day + h.opens) AT TIME ZONE zone)
            FROM (SELECT (at AT TIME ZONE zone)::date + ahead AS day FROM generate_series(0, 7) AS ahead) AS d
            JOIN contact_hours h ON h.day = extract(isodow FROM d.day)
            WHERE (d.day + h.closes) AT TIME ZONE zone > at
            ORDER BY d.day LIMIT 1);
END $$;

INSERT INTO template (code, language, purpose, subject, body) VALUES
('cart_left', 'es', 'marketing', 'Dejaste algo en tu carrito', 'Hola, {{full_name}}:

Tu carrito te espera, con productos por {{total}}. Puedes terminar la compra cuando quieras desde tu cuenta; los precios y la disponibilidad pueden cambiar.

Te escribimos porque aceptaste recibir este tipo de mensajes. Si no quieres recibir más: {{unsubscribe_url}}
'),
('cart_left', 'en', 'marketing', 'You left something in your cart', 'Hello {{full_name}},

Your cart is waiting, with products for {{total}}. You can finish your purchase from your account whenever you like; prices and availability may change.

We are writing because you agreed to messages like this one. To get no more of them: {{unsubscribe_url}}
');
