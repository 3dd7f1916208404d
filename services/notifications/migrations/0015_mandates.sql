-- Who takes back that they are charged automatically is told that it holds, whoever wrote it down. It may be a card or a SEPA mandate (no brand, and nothing to pay with), the default or another.
INSERT INTO template (code, language, subject, body) VALUES
('mandate_revoked', 'es', 'Ya no cobramos automáticamente con tu medio de pago', 'Hola, {{full_name}}:

Como nos pediste, desde hoy no cobramos automáticamente con el medio de pago terminado en {{last4}}. Sigue en tu cuenta; un cobro que ya estaba en camino no se detiene.
Las cuotas que cobrábamos con él vencen en las mismas fechas: págalas desde tu cuenta. Para que volvamos a cobrarlas, guarda o elige un medio de pago.

Si no lo pediste, escríbenos.
'),
('mandate_revoked', 'en', 'We no longer charge your payment method automatically', 'Hello {{full_name}},

As you asked, from today on we do not charge your payment method ending in {{last4}} automatically. It is still in your account; a charge that was already on its way is not called back.
The installments we charged to it are due on the same days: please pay them from your account. To have them charged again, save or choose a payment method.

If you did not ask for this, please write to us.
');
