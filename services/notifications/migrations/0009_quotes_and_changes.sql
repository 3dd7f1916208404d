-- What becomes of quotes, and of changes after the sale.
INSERT INTO template (code, language, subject, body) VALUES
('quote_approved', 'es', 'Tu cotización está lista: {{total}}', 'Hola, {{full_name}}:

Preparamos una cotización para ti por {{total}}. Puedes verla, leer su contrato y aceptarla desde tu cuenta hasta el {{valid_until}}.

Cotización: {{quote_id}}
'),
('quote_approved', 'en', 'Your quote is ready: {{total}}', 'Hello {{full_name}},

We have prepared a quote for you for {{total}}. You can see it, read its contract and accept it from your account until {{valid_until}}.

Quote: {{quote_id}}
'),
('quote_expiring', 'es', 'Tu cotización vence pronto', 'Hola, {{full_name}}:

Tu cotización por {{total}} vence el {{valid_until}}. Si la quieres, acéptala antes desde tu cuenta.

Cotización: {{quote_id}}
'),
('quote_expiring', 'en', 'Your quote expires soon', 'Hello {{full_name}},

Your quote for {{total}} expires on {{valid_until}}. If you want it, accept it from your account before then.

Quote: {{quote_id}}
'),
('quote_voided', 'es', 'Tu cotización ya no está disponible', 'Hola, {{full_name}}:

La cotización por {{total}} que te ofrecimos ya no está disponible. No debes nada por ella.
Si todavía la quieres, escríbenos.

Cotización: {{quote_id}}
'),
('quote_voided', 'en', 'Your quote is no longer available', 'Hello {{full_name}},

The quote for {{total}} that we offered you is no longer available. You owe nothing for it.
If you still want it, please write to us.

Quote: {{quote_id}}
'),
('schedule_changed', 'es', 'Tu plan de pagos cambió', 'Hola, {{full_name}}:

El plan de pagos del pedido {{order_id}} es otro desde hoy.
Por pagar: {{outstanding}}. Cuotas por pagar: {{open_installments}}. La próxima, de {{next_amount}}, vence el {{next_due_date}}.

Puedes ver todas las cuotas y el contrato en tu cuenta.
'),
('schedule_changed', 'en', 'Your payment plan has changed', 'Hello {{full_name}},

The payment plan of order {{order_id}} is another one from today on.
To be paid: {{outstanding}}. Installments to be paid: {{open_installments}}. The next one, {{next_amount}}, is due on {{next_due_date}}.

You can see all installments and the contract in your account.
'),
('schedule_changed_refund', 'es', 'Tu pedido cambió: te devolvemos {{refund}}', 'Hola, {{full_name}}:

Tu pedido {{order_id}} cambió. Te devolvemos {{refund}} por el mismo medio con que pagaste; puede tardar unos días en aparecer.
Por pagar: {{outstanding}}.

Puedes ver el plan de pagos y el contrato en tu cuenta.
'),
('schedule_changed_refund', 'en', 'Your order has changed: we are refunding {{refund}}', 'Hello {{full_name}},

Your order {{order_id}} has changed. We are refunding {{refund}} to the method you paid with; it may take some days to appear.
To be paid: {{outstanding}}.

You can see the payment plan and the contract in your account.
'),
('change_to_pay', 'es', 'Paga {{pay_amount}} antes de que termine el {{pay_by}}', 'Hola, {{full_name}}:

Confirmamos el pago anticipado del pedido {{order_id}}: paga {{pay_amount}} desde tu cuenta, a más tardar el {{pay_by}}.
Si no lo pagas a tiempo, tu plan de pagos vuelve a ser el de antes.
'),
('change_to_pay', 'en', 'Pay {{pay_amount}} by the end of {{pay_by}}', 'Hello {{full_name}},

Your early payment of order {{order_id}} is confirmed: pay {{pay_amount}} from your account by {{pay_by}}.
If it is not paid in time, your payment plan is again what it was before.
'),
('change_lapsed', 'es', 'Tu plan de pagos vuelve a ser el de antes', 'Hola, {{full_name}}:

El pago anticipado del pedido {{order_id}} no se completó en su día, y tu plan de pagos vuelve a ser el de antes.
Por pagar: {{outstanding}}. La próxima cuota, de {{next_amount}}, vence el {{next_due_date}}.
'),
('change_lapsed', 'en', 'Your payment plan is again what it was', 'Hello {{full_name}},

The early payment of order {{order_id}} was not completed on its day, and your payment plan is again what it was before.
To be paid: {{outstanding}}. The next installment, {{next_amount}}, is due on {{next_due_date}}.
'),
('change_refused', 'es', 'No pudimos aplicar el cambio de tu plan', 'Hola, {{full_name}}:

El cambio del pedido {{order_id}} no se aplicó, porque antes llegó un pago. Tu plan de pagos sigue como estaba.
Si todavía quieres el cambio, pídelo de nuevo desde tu cuenta.
'),
('change_refused', 'en', 'We could not change your plan', 'Hello {{full_name}},

The change of order {{order_id}} was not made, because a payment came before it. Your payment plan is as it was.
If you still want the change, please ask for it again from your account.
'),
('change_canceled', 'es', 'Descartamos el cambio que pediste', 'Hola, {{full_name}}:

El cambio que pediste para el pedido {{order_id}} no se hará. Tu plan de pagos sigue como estaba.
Si tienes preguntas, escríbenos.
'),
('change_canceled', 'en', 'The change you asked for will not be made', 'Hello {{full_name}},

The change you asked for in order {{order_id}} will not be made. Your payment plan is as it was.
If you have questions, please write to us.
'),
('sale_undone', 'es', 'Anulamos tu pedido', 'Hola, {{full_name}}:

Tu pedido {{order_id}} quedó anulado. No debes nada por él.
'),
('sale_undone', 'en', 'Your order has been canceled', 'Hello {{full_name}},

Your order {{order_id}} has been canceled. You owe nothing for it.
'),
('sale_undone_refund', 'es', 'Anulamos tu pedido: te devolvemos {{refund}}', 'Hola, {{full_name}}:

Tu pedido {{order_id}} quedó anulado. No debes nada por él.
Te devolvemos {{refund}} por el mismo medio con que pagaste; puede tardar unos días en aparecer.
'),
('sale_undone_refund', 'en', 'Your order has been canceled: we are refunding {{refund}}', 'Hello {{full_name}},

Your order {{order_id}} has been canceled. You owe nothing for it.
We are refunding {{refund}} to the method you paid with; it may take some days to appear.
');

-- Which message an event is; NULL: none. A declined payment is news only when nobody was there to see it; of a change that was written off or paid off, others tell.
CREATE FUNCTION notice_template(type text, data jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    refund boolean := (data ->> 'refund')::bigint > 0;
BEGIN
    RETURN CASE type
        WHEN 'order.schedule_changed' THEN
            CASE WHEN data ->> 'kind' = 'write_off' THEN NULL
                 WHEN data ->> 'kind' = 'restore' THEN 'change_lapsed'
                 WHEN data ->> 'total' = '0' OR data ->> 'kind' IN ('cancellation', 'withdrawal') THEN CASE WHEN refund THEN 'sale_undone_refund' ELSE 'sale_undone' END
                 WHEN refund THEN 'schedule_changed_refund'
                 WHEN data ->> 'outstanding' = '0' THEN NULL
                 WHEN data ->> 'pay_amount' IS NOT NULL THEN 'change_to_pay'
                 ELSE 'schedule_changed' END
        WHEN 'order.change_refused' THEN CASE WHEN data ->> 'requested_as' <> 'system' AND data ->> 'kind' <> 'write_off' THEN 'change_refused' END
        WHEN 'order.change_canceled' THEN CASE WHEN data ->> 'requested_as' = 'customer' AND data ->> 'canceled_as' = 'staff' THEN 'change_canceled' END
        WHEN 'quote.voided' THEN CASE WHEN (data ->> 'withdrawn')::boolean THEN 'quote_voided' END
        WHEN 'quote.approved' THEN 'quote_approved'
        WHEN 'quote.expiring' THEN 'quote_expiring'
        WHEN 'cart.abandoned' THEN 'cart_left' END;
END $$;
