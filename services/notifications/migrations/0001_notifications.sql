-- Whom to write to, what to write, and what was written.
CREATE TABLE contact (
    customer_id  uuid PRIMARY KEY,
    email        text NOT NULL,
    full_name    text NOT NULL,
    locale       text NOT NULL
);

-- `{{name}}` stands for a value of the event, or of the contact.
CREATE TABLE template (
    code      text NOT NULL,
    language  text NOT NULL CHECK (language IN ('es', 'en')),
    subject   text NOT NULL,
    body      text NOT NULL,
    PRIMARY KEY (code, language)
);

CREATE TABLE notification (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL,
    template     text NOT NULL,
    channel      text NOT NULL CHECK (channel IN ('email')),
    recipient    text,
    subject      text,
    status       text NOT NULL CHECK (status IN ('queued', 'sent', 'failed')),
    data         jsonb NOT NULL,
    event_id     uuid NOT NULL CONSTRAINT notification_event_key UNIQUE,
    created_at   timestamptz NOT NULL,
    sent_at      timestamptz,
    CHECK ((status = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX notification_by_customer ON notification (customer_id, id DESC);
CREATE INDEX notification_newest ON notification (id DESC);

INSERT INTO template (code, language, subject, body) VALUES
('welcome', 'es', 'Bienvenido, {{full_name}}', 'Hola, {{full_name}}:

Tu cuenta ya está lista. Desde ahora puedes comprar en cuotas y ver en un solo lugar qué debes, cuándo y cuánto.
'),
('welcome', 'en', 'Welcome, {{full_name}}', 'Hello {{full_name}},

Your account is ready. You can now buy in installments and see in one place what you owe, when and how much.
'),
('order_confirmed', 'es', 'Tu pedido está confirmado', 'Hola, {{full_name}}:

Confirmamos tu pedido {{order_id}} por un total de {{total_payable}}.
Antes de cada vencimiento te avisaremos por este medio.
'),
('order_confirmed', 'en', 'Your order is confirmed', 'Hello {{full_name}},

Your order {{order_id}} for {{total_payable}} in total is confirmed.
We will remind you here before each due date.
'),
('receipt', 'es', 'Recibo de pago: {{amount}}', 'Hola, {{full_name}}:

Recibimos tu pago de {{amount}} para el pedido {{order_id}}.
Llevas pagado {{order_paid}} de {{order_total}}.

Referencia del pago: {{payment_id}}
'),
('receipt', 'en', 'Payment receipt: {{amount}}', 'Hello {{full_name}},

We received your payment of {{amount}} for order {{order_id}}.
You have paid {{order_paid}} of {{order_total}}.

Payment reference: {{payment_id}}
'),
('payment_failed', 'es', 'No pudimos cobrar tu cuota de {{amount}}', 'Hola, {{full_name}}:

Intentamos cobrar {{amount}} del pedido {{order_id}} con tu medio de pago guardado y no fue posible.
Revisa tu medio de pago o paga desde tu cuenta.
'),
('payment_failed', 'en', 'We could not charge your installment of {{amount}}', 'Hello {{full_name}},

We tried to charge {{amount}} for order {{order_id}} to your saved payment method and it did not work.
Please check the method or pay from your account.
'),
('reminder', 'es', 'Tu cuota de {{amount}} vence el {{due_date}}', 'Hola, {{full_name}}:

La cuota {{number}} del pedido {{order_id}}, por {{amount}}, vence el {{due_date}}.
Si tienes un medio de pago guardado la cobraremos ese día; si no, puedes pagarla desde tu cuenta.
'),
('reminder', 'en', 'Your installment of {{amount}} is due on {{due_date}}', 'Hello {{full_name}},

Installment {{number}} of order {{order_id}}, {{amount}}, is due on {{due_date}}.
If you have saved a payment method we will charge it that day; otherwise you can pay from your account.
'),
('dunning_first', 'es', 'Tienes un pago vencido de {{overdue}}', 'Hola, {{full_name}}:

El pedido {{order_id}} tiene {{overdue}} vencidos desde hace {{dpd}} día(s).
Puedes pagar aquí, sin iniciar sesión:

{{payment_url}}

Si ya pagaste, no tienes que hacer nada.
'),
('dunning_first', 'en', 'A payment of {{overdue}} is past due', 'Hello {{full_name}},

Order {{order_id}} has {{overdue}} past due for {{dpd}} day(s).
You can pay here, without logging in:

{{payment_url}}

If you have already paid, there is nothing you need to do.
'),
('cured', 'es', 'Estás al día', 'Hola, {{full_name}}:

Recibimos lo que estaba vencido del pedido {{order_id}}. Gracias: estás al día.
'),
('cured', 'en', 'You are up to date', 'Hello {{full_name}},

We received what was past due on order {{order_id}}. Thank you: you are up to date.
'),
('settled', 'es', 'Terminaste de pagar tu pedido', 'Hola, {{full_name}}:

Pagaste todas las cuotas del pedido {{order_id}} ({{total_payable}}). Tu contrato queda saldado. ¡Gracias!
'),
('settled', 'en', 'You have paid off your order', 'Hello {{full_name}},

You have paid every installment of order {{order_id}} ({{total_payable}}). Your contract is settled. Thank you!
');
