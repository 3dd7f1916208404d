-- Money nothing was owed for, or more than was owed: its sender is told that it goes back.
INSERT INTO template (code, language, subject, body) VALUES
('payment_returned', 'es', 'Te devolvemos tu pago de {{amount}}', 'Hola, {{full_name}}:

Recibimos tu pago de {{amount}} cuando el pedido {{order_id}} ya no lo necesitaba.
Te lo devolvemos por el mismo medio con que pagaste; puede tardar unos días en aparecer.

Referencia del pago: {{payment_id}}
'),
('payment_returned', 'en', 'We are returning your payment of {{amount}}', 'Hello {{full_name}},

We received your payment of {{amount}} when order {{order_id}} no longer needed it.
It goes back to the method you paid with; it may take some days to appear.

Payment reference: {{payment_id}}
'),
('receipt_excess', 'es', 'Recibo de pago: {{amount}}', 'Hola, {{full_name}}:

Recibimos tu pago de {{amount}} para el pedido {{order_id}}.
Llevas pagado {{order_paid}} de {{order_total}}.
Te devolvemos los {{excess}} que pagaste de más, por el mismo medio con que pagaste.

Referencia del pago: {{payment_id}}
'),
('receipt_excess', 'en', 'Payment receipt: {{amount}}', 'Hello {{full_name}},

We received your payment of {{amount}} for order {{order_id}}.
You have paid {{order_paid}} of {{order_total}}.
The {{excess}} you paid too much go back to the method you paid with.

Payment reference: {{payment_id}}
');
