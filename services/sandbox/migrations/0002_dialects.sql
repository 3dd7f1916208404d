-- Whose protocol an event is told in.
ALTER TABLE event ADD COLUMN dialect text NOT NULL DEFAULT 'stripe' CHECK (dialect IN ('stripe', 'mercadopago'));
