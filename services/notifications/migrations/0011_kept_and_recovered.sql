-- What is paid too much may stay as credit, and what was written off may still be paid.
INSERT INTO template (code, language, subject, body) VALUES
('receipt_credit', 'es', 'Recibo de pago: {{amount}}', 'Hola, {{full_name}}:

Recibimos tu pago de {{amount}} para el pedido {{order_id}}.
Llevas pagado {{order_paid}} de {{order_total}}.
Los {{excess}} que pagaste de más quedan como saldo a tu favor: úsalo en otra compra o pídenos que te lo devolvamos.

Referencia del pago: {{payment_id}}
'),
('receipt_credit', 'en', 'Payment receipt: {{amount}}', 'Hello {{full_name}},

We received your payment of {{amount}} for order {{order_id}}.
You have paid {{order_paid}} of {{order_total}}.
The {{excess}} you paid too much are your credit now: use it for another purchase, or ask us to give it back.

Payment reference: {{payment_id}}
'),
('payment_credited', 'es', 'Tu pago de {{amount}} queda como saldo a tu favor', 'Hola, {{full_name}}:

Recibimos tu pago de {{amount}} cuando el pedido {{order_id}} ya no lo necesitaba.
Queda como saldo a tu favor: úsalo en otra compra o pídenos que te lo devolvamos.

Referencia del pago: {{payment_id}}
'),
('payment_credited', 'en', 'Your payment of {{amount}} is your credit', 'Hello {{full_name}},

We received your payment of {{amount}} when order {{order_id}} no longer needed it.
It is your credit now: use it for another purchase, or ask us to give it back.

Payment reference: {{payment_id}}
'),
('receipt_recovered', 'es', 'Recibo de pago: {{amount}}', 'Hola, {{full_name}}:

Recibimos tu pago de {{amount}} para el pedido {{order_id}}, y lo contamos para lo que quedó sin pagar de él: {{recovered}}.

Referencia del pago: {{payment_id}}
'),
('receipt_recovered', 'en', 'Payment receipt: {{amount}}', 'Hello {{full_name}},

We received your payment of {{amount}} for order {{order_id}}, and it counts for what was left unpaid of it: {{recovered}}.

Payment reference: {{payment_id}}
');
