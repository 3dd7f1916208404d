-- The same rules in forms that cost a statement less. PostgreSQL reads, plans and starts every CHECK and every trigger's WHEN of a table anew for each
-- statement that writes to it; what is in a function in PL/pgSQL is planned once a session.

CREATE OR REPLACE FUNCTION order_account_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending' THEN new IN ('active', 'settled', 'closed')
                    WHEN 'active' THEN new = 'settled'
                    ELSE false END;
END $$;

CREATE OR REPLACE FUNCTION installment_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'scheduled' THEN new IN ('due', 'partially_paid', 'paid', 'overdue', 'canceled')
                    WHEN 'due' THEN new IN ('partially_paid', 'paid', 'overdue')
                    WHEN 'partially_paid' THEN new IN ('paid', 'overdue')
                    WHEN 'overdue' THEN new = 'paid'
                    ELSE false END;
END $$;

CREATE OR REPLACE FUNCTION payment_method_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'processing' THEN new IN ('active', 'requires_action', 'failed')
                    WHEN 'requires_action' THEN new IN ('active', 'failed')
                    WHEN 'active' THEN new = 'declined'
                    WHEN 'declined' THEN new = 'active'
                    ELSE false END;
END $$;

-- succeeded is final. failed and canceled are too, except for the provider's word that it took the money after all.
CREATE OR REPLACE FUNCTION payment_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'requires_payment_method' THEN new IN ('processing', 'canceled')
                    WHEN 'processing' THEN new IN ('requires_action', 'succeeded', 'failed', 'canceled', 'unknown')
                    WHEN 'unknown' THEN new IN ('processing', 'requires_action', 'succeeded', 'failed', 'canceled')
                    WHEN 'requires_action' THEN new IN ('processing', 'succeeded', 'failed', 'canceled')
                    WHEN 'failed' THEN new = 'succeeded'
                    WHEN 'canceled' THEN new = 'succeeded'
                    ELSE false END;
END $$;

CREATE OR REPLACE FUNCTION refund_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN old = 'pending' AND new IN ('succeeded', 'failed');
END $$;

CREATE OR REPLACE FUNCTION invoice_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'draft' THEN new IN ('open', 'void')
                    WHEN 'open' THEN new IN ('paid', 'void', 'uncollectible')
                    ELSE false END;
END $$;

-- The API's payment. What was given back is the caller's to look up: with a query in it the function would be planned anew by every statement.
CREATE FUNCTION payment_body(p payment, refunded numeric) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', p.id, 'status', p.status, 'amount', p.amount, 'currency', p.currency, 'order_id', p.order_id, 'customer_id', p.customer_id,
        'source', p.source, 'provider', p.provider, 'brand', p.brand, 'last4', p.last4, 'refunded', refunded,
        'failure_code', p.failure_code, 'decline_kind', p.decline_kind,
        'next_action', CASE WHEN p.status = 'requires_action'
                            THEN json_build_object('type', p.next_action_type, 'url', p.next_action_url) END,
        'created_at', p.created_at, 'completed_at', p.completed_at)
$$;

-- The ledger's chain with one statement a posting instead of two: the head's row is locked by what moves it.
CREATE FUNCTION posting_told(p posting) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.id || '|' || p.entry_id || '|' || p.line || '|' || p.kind || '|' || p.debit_account || '|'
           || p.credit_account || '|' || p.amount || '|' || p.currency || '|' || p.customer_id || '|' || p.order_id || '|'
           || coalesce(p.installment_number::text, '') || '|' || coalesce(p.payment_id::text, '') || '|'
           || (p.effective_on - date '1970-01-01') || '|' || (extract(epoch FROM p.recorded_at) * 1000000)::bigint
$$;
CREATE OR REPLACE FUNCTION posting_text(p posting) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.lane || '|' || p.position || '|' || posting_told(p)
$$;

CREATE OR REPLACE FUNCTION posting_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_lane smallint := get_byte(uuid_send(NEW.customer_id), 15) & 15;
    told text := posting_told(NEW);
BEGIN
    NEW.lane := of_lane;
    UPDATE ledger_head AS h
    SET position = h.position + 1, hash = sha256(h.hash || convert_to(of_lane || '|' || h.position + 1 || '|' || told, 'UTF8'))
    WHERE h.lane = of_lane
    RETURNING h.position, h.hash INTO STRICT NEW.position, NEW.hash;
    RETURN NEW;
END $$;

-- One check for what is one rule: nothing is negative.
ALTER TABLE installment ADD CONSTRAINT installment_not_negative CHECK (least(number, principal, interest, fees, tax) >= 0) NOT VALID;

-- The words a column may hold: a list in a check is read letter by letter.

CREATE FUNCTION payment_words(status text, source text, decline_kind text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('requires_payment_method', 'requires_action', 'processing', 'succeeded', 'failed', 'canceled', 'unknown')
       AND source IN ('checkout', 'autopay', 'link') AND (decline_kind IS NULL OR decline_kind IN ('soft', 'hard', 'action'));
END $$;
ALTER TABLE payment ADD CONSTRAINT payment_words CHECK (payment_words(status, source, decline_kind)) NOT VALID;

CREATE FUNCTION order_account_state(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('pending', 'active', 'settled', 'closed');
END $$;
ALTER TABLE order_account ADD CONSTRAINT order_account_state CHECK (order_account_state(status)) NOT VALID;

CREATE FUNCTION invoice_state(status text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN status IN ('draft', 'open', 'paid', 'void', 'uncollectible');
END $$;
ALTER TABLE invoice ADD CONSTRAINT invoice_state CHECK (invoice_state(status)) NOT VALID;

CREATE FUNCTION posting_kind(kind text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN kind IN ('sale', 'payment', 'interest', 'refund');
END $$;
ALTER TABLE posting ADD CONSTRAINT posting_kind CHECK (posting_kind(kind)) NOT VALID;

-- Receivables are written by the statement that opens their account, and neither may be deleted nor given to another order: the foreign key
-- between them would only look that up again, once a receivable. So are invoices by the statement that takes their number and their account.
-- The service may change what follows from payments and time.
REVOKE UPDATE, DELETE, TRUNCATE ON order_account, installment, invoice_series, invoice FROM {{app}};
GRANT UPDATE (paid, in_flight, status) ON order_account TO {{app}};
GRANT UPDATE (paid, status, attempts, first_attempt_on, next_attempt_on, reminded, accrued, revision, attempts_before) ON installment TO {{app}};
GRANT UPDATE (next_number) ON invoice_series TO {{app}};
GRANT UPDATE (status, paid_at) ON invoice TO {{app}};
ALTER TABLE installment DROP CONSTRAINT installment_order_id_fkey;
ALTER TABLE invoice DROP CONSTRAINT invoice_order_id_fkey, DROP CONSTRAINT invoice_series_fkey;

-- An account changes with every payment, and no index with it: room for its next version in the same page.
ALTER TABLE order_account SET (fillfactor = 80);
