-- What becomes of quotes is told: events for the customer's history and for mails, and an end that is an end.

-- Of which version it was told that it is about to expire, and that it has: then its cart is gone, as when it is void.
ALTER TABLE quote ADD COLUMN reminded_version int, ADD COLUMN expired_version int;
GRANT UPDATE (reminded_version, expired_version) ON quote TO {{app}};

CREATE OR REPLACE FUNCTION quote_status(q quote, v quote_version, ordered uuid, at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ordered IS NOT NULL THEN 'converted' WHEN q.status = 'approved' AND (v.expires_at <= at OR q.expired_version = v.version) THEN 'expired' ELSE q.status END
$$;

-- What every event of a quote says. draft: the customer has not been offered it.
CREATE FUNCTION quote_event(v quote_version, customer uuid, draft boolean) RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN jsonb_build_object('quote_id', v.quote_id, 'customer_id', customer, 'version', v.version, 'currency', v.currency, 'total', cart_total(v.lines),
                              'valid_until', v.expires_at, 'draft', draft);
END $$;

-- Its customer is reminded two days before it expires, if there were three when it was approved.
CREATE FUNCTION quote_reminded_at(v quote_version) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN v.expires_at - interval '2 days';
END $$;

-- A quote is accepted when its cart becomes an order, whoever does that.
CREATE FUNCTION quote_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (type, subject, customer_id, data, occurred_at)
    SELECT 'quote.accepted', NEW.id::text, NEW.customer_id, quote_event(v, NEW.customer_id, false) || jsonb_build_object('order_id', NEW.order_id), NEW.updated_at
    FROM quote_version v WHERE v.quote_id = NEW.id AND v.version = NEW.quote_version;
    RETURN NULL;
END $$;
CREATE TRIGGER quote_accepted AFTER UPDATE OF status ON cart FOR EACH ROW
    WHEN (NEW.quote_version IS NOT NULL AND NEW.status = 'ordered' AND OLD.status <> 'ordered')
    EXECUTE FUNCTION quote_accepted();
