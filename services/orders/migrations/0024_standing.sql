-- What follows from a schedule in force, said once for whoever moves it; and what customers see of changes.

-- Whether what is paid opens the gate to the goods. Money decides: a gate of so many installments is as much as those (and the deposit) were when it was sold, since rows that
-- changes make may be of any size.
CREATE FUNCTION release_reached(release jsonb, of_contract uuid, paid bigint, total bigint) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN paid >= total OR coalesce(paid >= total * (release ->> 'percent')::numeric, paid >= (
        SELECT sum(i.total) FROM installment i
        WHERE i.contract_id = of_contract AND i.version = 1 AND i.number <= (release ->> 'installments')::numeric), false);
END $$;

-- Nothing of an order with such a gate is to be sent yet. Of a sale that was undone nothing ever is: what is left of it is paid, since it is nothing.
CREATE FUNCTION release_awaited(o sales_order) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce(o.release ->> 'policy' = 'layaway', false) AND o.fulfilment_status IS NULL AND o.status NOT IN ('canceled', 'expired');
END $$;

CREATE FUNCTION released_event(order_id uuid, customer_id uuid, at timestamptz) RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN jsonb_build_object('order_id', order_id, 'customer_id', customer_id, 'fulfilment_status', 'unfulfilled', 'step', 'released', 'shipment_id', NULL, 'carrier', NULL,
                              'tracking_number', NULL, 'tracking_url', NULL, 'at', at, 'contents', NULL, 'lines', '[]'::jsonb);
END $$;

-- Customers see what they asked for and what was agreed; not who of the shop did it, nor why.
CREATE FUNCTION contract_change_visible(c contract_change, owner uuid) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN owner IS NULL OR c.requested_as = 'customer' OR c.confirmed_at IS NOT NULL;
END $$;
CREATE FUNCTION contract_change_body_for(c contract_change, at timestamptz, owner uuid) RETURNS json LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF owner IS NOT NULL THEN
        IF c.confirmed_by <> owner THEN
            c.confirmed_by := NULL;
        END IF;
        IF c.requested_as = 'staff' THEN
            c.requested_by := NULL;
            c.reason := 'asked for by the shop';
            c.request := c.request - 'reason';
        END IF;
    END IF;
    RETURN contract_change_body(c, at);
END $$;
