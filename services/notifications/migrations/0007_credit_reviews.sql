-- Orders that a person decides on.
INSERT INTO template (code, language, subject, body) VALUES
('order_in_review', 'es', 'Estamos revisando tu pedido', 'Hola, {{full_name}}:

Recibimos tu pedido {{order_id}} por {{total_payable}} y lo estamos revisando. Los productos quedan reservados.
Te avisaremos por este medio; todavía no tienes que pagar nada.
'),
('order_in_review', 'en', 'We are looking at your order', 'Hello {{full_name}},

We have received your order {{order_id}} for {{total_payable}} and are looking at it. Its products are held for you.
We will write to you here; there is nothing to pay yet.
'),
('order_approved', 'es', 'Aprobamos tu pedido', 'Hola, {{full_name}}:

Tu pedido {{order_id}} está aprobado. Para confirmarlo, haz el primer pago desde tu cuenta en las próximas {{payment_hours}} horas.
'),
('order_approved', 'en', 'Your order is approved', 'Hello {{full_name}},

Your order {{order_id}} is approved. To confirm it, make the first payment from your account within {{payment_hours}} hours.
'),
('order_not_approved', 'es', 'No pudimos aprobar tu pedido', 'Hola, {{full_name}}:

No fue posible aprobar tu pedido {{order_id}} a crédito. No debes nada por él.
Si quieres saber por qué, escríbenos.
'),
('order_not_approved', 'en', 'We could not approve your order', 'Hello {{full_name}},

It was not possible to approve your order {{order_id}} on credit. You owe nothing for it.
If you would like to know why, please write to us.
');
