-- Quotes and changes in a customer's history, some of it for the shop's eyes only; consents that customers take back.
ALTER TABLE timeline_entry ADD COLUMN internal boolean NOT NULL DEFAULT false;

INSERT INTO timeline_text VALUES
    ('quote.created', 'Cotización en borrador: %s', 'Quote drafted: %s', '{$total}'),
    ('quote.revised', 'Cotización en borrador, versión %s: %s', 'Quote drafted, version %s: %s', '{version,$total}'),
    ('quote.approved', 'Cotización aprobada: %s', 'Quote approved: %s', '{$total}'),
    ('quote.voided', 'Cotización anulada: %s', 'Quote voided: %s', '{$total}'),
    ('quote.accepted', 'Cotización aceptada: %s', 'Quote accepted: %s', '{$total}'),
    ('quote.expiring', 'Cotización por vencer: %s', 'Quote about to expire: %s', '{$total}'),
    ('quote.expired', 'Cotización vencida: %s', 'Quote expired: %s', '{$total}'),
    ('order.change_refused', 'Cambio no aplicado', 'Change not applied', '{}'),
    ('order.change_canceled', 'Cambio descartado', 'Change dropped', '{}');

-- Counts the changes, for those who follow them.
ALTER TABLE customer ADD COLUMN consents_revision bigint NOT NULL DEFAULT 0;

CREATE FUNCTION customer_body(c customer) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', c.id, 'email', c.email, 'full_name', c.full_name, 'phone', c.phone, 'locale', c.locale, 'tax_id', c.tax_id,
                             'consents', c.consents, 'created_at', c.created_at)
$$;
