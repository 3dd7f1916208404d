-- Titles of timeline entries as rows, so that an event gets one by a line; and those for the way of an order to the buyer's door.

-- what: an event, or one with the `step` or `kind` of its data behind a slash, which goes before. Texts are of format(): each %s a member of the data in its turn, one with a $ an
-- amount of its currency.
CREATE TABLE timeline_text (
    what    text PRIMARY KEY,
    es      text NOT NULL,
    en      text NOT NULL,
    members text[] NOT NULL DEFAULT '{}'
);
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON timeline_text FROM {{app}};
INSERT INTO timeline_text VALUES
    ('customer.registered', 'Cliente registrado', 'Customer registered'),
    ('order.confirmed', 'Pedido confirmado', 'Order confirmed'),
    ('order.expired', 'Pedido vencido sin pago', 'Order expired without payment'),
    ('order.completed', 'Pedido completado', 'Order completed'),
    ('contract.settled', 'Contrato saldado', 'Contract settled'),
    ('payment_method.saved', 'Medio de pago guardado', 'Payment method saved'),
    ('case.cured', 'Al día: caso de cobranza cerrado', 'Up to date: collection case cured'),
    ('notification.failed', 'Mensaje no entregado', 'Message not delivered'),
    ('fulfillment.updated/released', 'Pedido liberado para la entrega', 'Order released for delivery');
INSERT INTO timeline_text VALUES
    ('order.placed', 'Pedido realizado: %s', 'Order placed: %s', '{$total_payable}'),
    ('payment.succeeded', 'Pago recibido: %s', 'Payment received: %s', '{$amount}'),
    ('payment.failed', 'Pago rechazado: %s', 'Payment declined: %s', '{$amount}'),
    ('installment.due_soon', 'Cuota %s por vencer el %s', 'Installment %s is due on %s', '{number,due_date}'),
    ('installment.updated', 'Cuota %s vencida: %s', 'Installment %s overdue: %s', '{number,$outstanding}'),
    ('case.opened', 'Caso de cobranza abierto: %s', 'Collection case opened: %s', '{$overdue}'),
    ('notification.sent', 'Mensaje enviado: %s', 'Message sent: %s', '{title}'),
    ('fulfillment.updated/picking', 'Preparamos: %s', 'Being prepared: %s', '{contents}'),
    ('fulfillment.updated/shipped', 'Despachado: %s', 'Shipped: %s', '{contents}'),
    ('fulfillment.updated/in_transit', 'En camino: %s', 'In transit: %s', '{contents}'),
    ('fulfillment.updated/delivered', 'Entregado: %s', 'Delivered: %s', '{contents}'),
    ('fulfillment.updated/returned', 'Devuelto: %s', 'Returned: %s', '{contents}'),
    ('fulfillment.updated/canceled', 'Despacho anulado: %s', 'Shipment canceled: %s', '{contents}');

CREATE OR REPLACE FUNCTION timeline_title(type text, data jsonb, spanish boolean) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce((
        SELECT format(CASE WHEN spanish THEN t.es ELSE t.en END, VARIADIC ARRAY(
                   SELECT CASE WHEN m.name LIKE '$%' THEN title_money(data, substr(m.name, 2)) ELSE data ->> m.name END
                   FROM unnest(t.members) WITH ORDINALITY AS m(name, place) ORDER BY m.place))
        FROM timeline_text t
        WHERE t.what = ANY (ARRAY[timeline_title.type, timeline_title.type || '/' || coalesce(data ->> 'step', data ->> 'kind')])
        ORDER BY length(t.what) DESC LIMIT 1), timeline_title.type);
END $$;
