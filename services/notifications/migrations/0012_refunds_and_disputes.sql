-- Money that went back, and what a customer's bank was asked for and said. A refund that failed is the shop's to mend: its customer is told when it has gone.
INSERT INTO template (code, language, subject, body) VALUES
('refund_sent', 'es', 'Te devolvimos {{amount}}', 'Hola, {{full_name}}:

Devolvimos {{amount}} del pedido {{order_id}} por el mismo medio con que pagaste; puede tardar unos días en aparecer.

Referencia de la devolución: {{refund_id}}
'),
('refund_sent', 'en', 'We have refunded {{amount}}', 'Hello {{full_name}},

We have refunded {{amount}} of order {{order_id}} to the method you paid with; it may take some days to appear.

Refund reference: {{refund_id}}
'),
('refund_paid_out', 'es', 'Te devolvimos {{amount}}', 'Hola, {{full_name}}:

Te entregamos en efectivo o por transferencia {{amount}} del pedido {{order_id}}. Si no los recibiste, escríbenos.

Referencia de la devolución: {{refund_id}}
'),
('refund_paid_out', 'en', 'We have refunded {{amount}}', 'Hello {{full_name}},

We have paid you {{amount}} of order {{order_id}} in cash or by bank transfer. If you have not received it, please write to us.

Refund reference: {{refund_id}}
'),
('refund_credited', 'es', 'Tienes {{amount}} de saldo a favor', 'Hola, {{full_name}}:

Devolvimos {{amount}} del pedido {{order_id}} a tu saldo: úsalos en otra compra o pídenos que te los devolvamos.

Referencia de la devolución: {{refund_id}}
'),
('refund_credited', 'en', 'You have {{amount}} of credit', 'Hello {{full_name}},

We have given back {{amount}} of order {{order_id}} as your credit: use it for another purchase, or ask us to pay it back.

Refund reference: {{refund_id}}
'),
('dispute_opened', 'es', 'Tu banco revisa tu pago de {{amount}}', 'Hola, {{full_name}}:

Tu banco nos dice que no reconoces {{amount}} de un pago del pedido {{order_id}}.
Mientras lo decide no cobraremos automáticamente nada de ese pedido. Si fue un error, avísale a tu banco y escríbenos.

Referencia del pago: {{payment_id}}
'),
('dispute_opened', 'en', 'Your bank is reviewing your payment of {{amount}}', 'Hello {{full_name}},

Your bank tells us that you dispute {{amount}} of a payment for order {{order_id}}.
Until it has decided we charge nothing of that order automatically. If it was a mistake, please tell your bank and write to us.

Payment reference: {{payment_id}}
'),
('dispute_lost', 'es', 'Vuelves a deber {{reopened}}', 'Hola, {{full_name}}:

Tu banco te devolvió {{amount}} de un pago del pedido {{order_id}}. Lo que había pagado está pendiente otra vez: {{reopened}}.
No lo cobraremos automáticamente: págalo desde tu cuenta o escríbenos.

Referencia del pago: {{payment_id}}
'),
('dispute_lost', 'en', 'You owe {{reopened}} again', 'Hello {{full_name}},

Your bank has given you back {{amount}} of a payment for order {{order_id}}. What it had paid is owed again: {{reopened}}.
We do not charge it automatically: please pay it from your account, or write to us.

Payment reference: {{payment_id}}
');
