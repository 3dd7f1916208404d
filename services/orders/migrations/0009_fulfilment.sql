-- How goods and services reach the buyer: an axis of its own beside an order's state and its money. What went where is in shipments, their lines and
-- their events; what is still to go, and how far the whole is, is computed from them.

-- release: when the buyer gets the goods, as the plan said: NULL or {"policy": "immediate"} with the first payment; {"policy": "layaway", "percent": "0.50"} or
-- {"policy": "layaway", "installments": 3} when that much is paid. fulfilment_status: kept once something moved, for lists; NULL: order_fulfilment()
-- knows. overdue_since: the due date of the oldest installment that billing says is past due.
ALTER TABLE sales_order ADD COLUMN release jsonb, ADD COLUMN fulfilment_status text, ADD COLUMN overdue_since date;
GRANT UPDATE (fulfilment_status, overdue_since) ON sales_order TO {{app}};

-- NULL: it never came to that. An expression without a call, so that it can be in an index at no cost to orders that are placed.
CREATE FUNCTION order_fulfilment(status text, kept text, release jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN status IN ('confirmed', 'completed', 'canceled')
                THEN coalesce(kept, CASE WHEN release ->> 'policy' = 'layaway' THEN 'awaiting_release' ELSE 'unfulfilled' END) END;

-- Whether what is paid opens the gate.
CREATE FUNCTION release_reached(release jsonb, paid bigint, total bigint, installments_paid bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN paid >= total OR coalesce(paid >= total * (release ->> 'percent')::numeric, installments_paid >= (release ->> 'installments')::bigint, false);
END $$;

-- A parcel, or something handed over without one.
CREATE TABLE shipment (
    id              uuid PRIMARY KEY,
    order_id        uuid NOT NULL,
    customer_id     uuid NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('parcel', 'service')),
    status          text NOT NULL CHECK (status IN ('picking', 'shipped', 'in_transit', 'delivered', 'returned', 'canceled')),
    carrier         text,
    tracking_number text,
    tracking_url    text,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT shipment_carried CHECK (kind = 'parcel' OR status IN ('picking', 'delivered', 'canceled'))
);
CREATE INDEX shipment_order ON shipment (order_id, id);

-- In transit again and again: each place it passes is an event.
CREATE FUNCTION shipment_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'picking' THEN new IN ('shipped', 'delivered', 'canceled')
                    WHEN 'shipped' THEN new IN ('in_transit', 'delivered', 'returned')
                    WHEN 'in_transit' THEN new IN ('in_transit', 'delivered', 'returned')
                    WHEN 'delivered' THEN new = 'returned'
                    ELSE false END;
END $$;
CREATE TRIGGER shipment_transition BEFORE UPDATE OF status ON shipment FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT shipment_may_become(OLD.status, NEW.status))
    EXECUTE FUNCTION refuse_transition();

-- How many of an order's line are in it, and how many of those came back.
CREATE TABLE shipment_line (
    shipment_id uuid NOT NULL REFERENCES shipment,
    line        int NOT NULL,
    quantity    bigint NOT NULL CHECK (quantity > 0),
    returned    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (shipment_id, line),
    CONSTRAINT shipment_line_returned CHECK (returned BETWEEN 0 AND quantity)
);

-- What happened to it, never changed. lines: of which units; NULL: all of it.
CREATE TABLE shipment_event (
    shipment_id uuid NOT NULL REFERENCES shipment,
    number      int NOT NULL CHECK (number >= 1),
    step        text NOT NULL CHECK (step IN ('picking', 'shipped', 'in_transit', 'delivered', 'returned', 'canceled')),
    lines       jsonb,
    at          timestamptz NOT NULL,
    note        text,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL,
    PRIMARY KEY (shipment_id, number)
);

REVOKE UPDATE, DELETE, TRUNCATE ON shipment, shipment_line, shipment_event FROM {{app}};
GRANT UPDATE (status, carrier, tracking_number, tracking_url, updated_at) ON shipment TO {{app}};
GRANT UPDATE (returned) ON shipment_line TO {{app}};

-- Where the units of each line are. open: with nobody yet, or back; what came back may be sent again.
CREATE VIEW line_fulfilment AS
SELECT l.order_id, l.number AS line, l.quantity,
       l.quantity - coalesce(sum(s.away) FILTER (WHERE s.status <> 'canceled'), 0)::bigint AS open,
       coalesce(sum(s.away) FILTER (WHERE s.status = 'picking'), 0)::bigint AS picking,
       coalesce(sum(s.away) FILTER (WHERE s.status = 'shipped'), 0)::bigint AS shipped,
       coalesce(sum(s.away) FILTER (WHERE s.status = 'in_transit'), 0)::bigint AS in_transit,
       coalesce(sum(s.away) FILTER (WHERE s.status = 'delivered'), 0)::bigint AS delivered,
       coalesce(sum(s.returned), 0)::bigint AS returned
FROM order_line l
LEFT JOIN (SELECT s.order_id, s.status, sl.line, sl.returned, sl.quantity - sl.returned AS away
           FROM shipment s JOIN shipment_line sl ON sl.shipment_id = s.id) AS s ON s.order_id = l.order_id AND s.line = l.number
GROUP BY l.order_id, l.number, l.quantity;

-- How far an order is. A unit that came back and was not sent again is done with, as one that was delivered.
CREATE FUNCTION fulfilment_from_lines(wanted uuid) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT CASE WHEN sum(f.delivered + least(f.returned, f.open)) = 0 THEN 'unfulfilled'
                        WHEN NOT bool_and(f.delivered + least(f.returned, f.open) = f.quantity) THEN 'partially_fulfilled'
                        WHEN sum(f.delivered) = 0 THEN 'returned'
                        ELSE 'fulfilled' END
            FROM line_fulfilment f WHERE f.order_id = wanted);
END $$;

CREATE FUNCTION shipment_lines(s shipment) RETURNS json LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT json_agg(json_build_object('line', l.line, 'quantity', l.quantity, 'returned', l.returned) ORDER BY l.line)
            FROM shipment_line l WHERE l.shipment_id = s.id);
END $$;

CREATE FUNCTION shipment_events(s shipment) RETURNS json LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT json_agg(json_build_object('step', e.step, 'at', e.at, 'lines', e.lines, 'note', e.note) ORDER BY e.number)
            FROM shipment_event e WHERE e.shipment_id = s.id);
END $$;

CREATE FUNCTION shipment_body(s shipment, lines json, events json) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', s.id, 'order_id', s.order_id, 'kind', s.kind, 'status', s.status, 'carrier', s.carrier,
        'tracking_number', s.tracking_number, 'tracking_url', s.tracking_url, 'lines', lines, 'events', events,
        'created_at', s.created_at, 'updated_at', s.updated_at)
$$;

CREATE OR REPLACE FUNCTION order_body(o sales_order, c contract, lines json) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', o.id, 'status', o.status, 'fulfilment_status', order_fulfilment(o.status, o.fulfilment_status, o.release),
        'customer_id', o.customer_id, 'contract_id', o.contract_id, 'cart_id', o.cart_id, 'currency', o.currency, 'goods_total', o.goods_total,
        'total_payable', o.total_payable, 'lines', lines, 'contract', contract_body(c), 'created_at', o.created_at, 'expires_at', o.expires_at,
        'confirmed_at', o.confirmed_at, 'closed_at', o.closed_at, 'overdue_since', o.overdue_since)
$$;
