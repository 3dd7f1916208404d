-- Goods on their way, and goods or services delivered.
INSERT INTO template (code, language, subject, body) VALUES
('order_shipped', 'es', 'Tu pedido va en camino', 'Hola, {{full_name}}:

Despachamos de tu pedido {{order_id}}: {{contents}}.
Transportadora: {{carrier}}. Guía: {{tracking_number}}
{{tracking_url}}
'),
('order_shipped', 'en', 'Your order is on its way', 'Hello {{full_name}},

We have shipped from your order {{order_id}}: {{contents}}.
Carrier: {{carrier}}. Tracking number: {{tracking_number}}
{{tracking_url}}
'),
('order_delivered', 'es', 'Entregamos tu pedido', 'Hola, {{full_name}}:

Entregamos de tu pedido {{order_id}}: {{contents}}.
Si no lo recibiste, escríbenos.
'),
('order_delivered', 'en', 'Your order was delivered', 'Hello {{full_name}},

We have delivered from your order {{order_id}}: {{contents}}.
If you did not receive it, please write to us.
');
