-- What a direct debit takes is told before it does, as the scheme asks: how much, when, who collects and by which mandate.
INSERT INTO template (code, language, subject, body) VALUES
('direct_debit_announced', 'es', 'El {{collect_on}} cobraremos {{amount}} en tu cuenta', 'Hola, {{full_name}}:

El {{collect_on}} vamos a cobrar {{amount}} por domiciliación SEPA en tu cuenta terminada en {{iban_last4}}. Es la cuota {{number}} del pedido {{order_id}}.

Acreedor: {{creditor_name}}
Identificador del acreedor: {{creditor_id}}
Referencia del mandato: {{mandate_reference}}

Ten saldo suficiente ese día. Si crees que el cobro no es correcto, escríbenos antes.
'),
('direct_debit_announced', 'en', 'We will collect {{amount}} from your account on {{collect_on}}', 'Hello {{full_name}},

On {{collect_on}} we are going to collect {{amount}} by SEPA direct debit from your account ending in {{iban_last4}}. It is installment {{number}} of order {{order_id}}.

Creditor: {{creditor_name}}
Creditor identifier: {{creditor_id}}
Mandate reference: {{mandate_reference}}

Please have enough money there on that day. If you think that this is not right, please write to us before.
');
