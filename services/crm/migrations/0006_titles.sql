-- Titles for orders that a person decides on, carts that were left, and changes after the sale.
INSERT INTO timeline_text VALUES
    ('order.review_started', 'Pedido en revisión: %s', 'Order being reviewed: %s', '{$total_payable}'),
    ('cart.abandoned', 'Carrito sin terminar: %s', 'Cart left behind: %s', '{$total}'),
    ('order.schedule_changed', 'Cronograma cambiado; por pagar: %s', 'Schedule changed; to be paid: %s', '{$outstanding}'),
    ('order.schedule_changed/payoff', 'Pago total anticipado: %s', 'To be paid off: %s', '{$outstanding}'),
    ('order.schedule_changed/prepayment', 'Pago anticipado acordado; por pagar: %s', 'Prepayment agreed; to be paid: %s', '{$outstanding}'),
    ('order.schedule_changed/restore', 'Cambio sin pago deshecho; por pagar: %s', 'Unpaid change undone; to be paid: %s', '{$outstanding}'),
    ('order.schedule_changed/write_off', 'Deuda castigada', 'Debt written off', '{}');
INSERT INTO timeline_text VALUES
    ('order.approved', 'Pedido aprobado', 'Order approved'),
    ('order.declined', 'Pedido no aprobado', 'Order not approved'),
    ('order.canceled', 'Venta anulada', 'Sale undone');
