-- A card that ends before it is charged next. Banks and networks often renew one by themselves, so nobody is told that it will not do.
INSERT INTO template (code, language, subject, body) VALUES
('card_expiring', 'es', 'Actualiza la tarjeta con que pagas tus cuotas', 'Hola, {{full_name}}:

La tarjeta {{brand}} terminada en {{last4}} tiene como fecha de vencimiento el {{ends_on}}, y con ella vamos a cobrar {{next_amount}} del pedido {{order_id}} el {{next_attempt_on}}.
Guarda otra tarjeta desde tu cuenta antes de ese día. Si tu banco ya te la renovó, es posible que nos lo haya dicho y no tengas que hacer nada.
'),
('card_expiring', 'en', 'Please update the card that pays your installments', 'Hello {{full_name}},

The {{brand}} card ending in {{last4}} is good until {{ends_on}}, and we are going to charge it {{next_amount}} of order {{order_id}} on {{next_attempt_on}}.
Please save another card in your account before that day. If your bank has renewed it, it may have told us, and there is nothing you need to do.
');
