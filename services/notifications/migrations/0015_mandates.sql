-- Who takes back that they are charged automatically is told that it holds, whoever wrote it down.
INSERT INTO template (code, language, subject, body) VALUES
('mandate_revoked', 'es', 'Ya no cobramos automáticamente', 'Hola, {{full_name}}:

Como nos pediste, desde hoy no cobramos automáticamente con el medio de pago {{brand}} terminado en {{last4}}. Sigue en tu cuenta, y puedes pagar con él cuando quieras.
Tus cuotas vencen en las mismas fechas: págalas desde tu cuenta. Para volver al cobro automático, guarda un medio de pago.

Si no lo pediste, escríbenos.
'),
('mandate_revoked', 'en', 'We no longer charge you automatically', 'Hello {{full_name}},

As you asked, from today on we do not charge your payment method {{brand}} ending in {{last4}} automatically. It is still in your account, and you can pay with it whenever you like.
Your installments are due on the same days: please pay them from your account. To be charged automatically again, save a payment method.

If you did not ask for this, please write to us.
');
