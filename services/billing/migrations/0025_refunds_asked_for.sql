-- Staff give money back of a payment: as often as there is something left of it, so change_id, which tells refunds of one payment apart, is the refund's
-- own id there. note: why, in the words of who asked. attempt: how often it was sent; one that failed may be sent again. NOT VALID: the check before let in less.
ALTER TABLE refund
    ADD COLUMN note text, ADD COLUMN requested_by text, ADD COLUMN attempt int NOT NULL DEFAULT 1,
    DROP CONSTRAINT refund_reason,
    ADD CONSTRAINT refund_reason CHECK (reason IN ('order_closed', 'excess', 'change', 'requested') AND (reason IN ('change', 'requested')) = (change_id IS NOT NULL))
        NOT VALID;

-- failed -> pending: sent again. succeeded -> failed: the bank has sent it back.
CREATE OR REPLACE FUNCTION refund_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending' THEN new IN ('succeeded', 'failed')
                    WHEN 'succeeded' THEN new = 'failed'
                    WHEN 'failed' THEN new = 'pending'
                    ELSE false END;
END $$;

-- What was paid and went back is owed again: of rows, accounts and invoices.
CREATE OR REPLACE FUNCTION installment_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.paid < OLD.paid AND OLD.status IN ('paid', 'partially_paid', 'waived') AND NEW.status IN ('scheduled', 'due', 'partially_paid', 'overdue') THEN
        RETURN NEW;
    END IF;
    IF NEW.status = 'paid' AND OLD.total = 0 AND OLD.status IN ('rescheduled', 'written_off', 'canceled') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% may not go from % to %', TG_TABLE_NAME, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'installment_transition';
END $$;
CREATE OR REPLACE FUNCTION order_account_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending' THEN new IN ('active', 'settled', 'closed')
                    WHEN 'active' THEN new IN ('settled', 'closed', 'written_off')
                    WHEN 'settled' THEN new IN ('closed', 'active')
                    WHEN 'written_off' THEN new = 'active'
                    ELSE false END;
END $$;
CREATE OR REPLACE FUNCTION invoice_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'draft' THEN new IN ('open', 'void')
                    WHEN 'open' THEN new IN ('paid', 'void', 'uncollectible')
                    WHEN 'paid' THEN new = 'open'
                    ELSE false END;
END $$;

-- What went back is taken back from what it had paid: rows below zero.
CREATE OR REPLACE FUNCTION allocation_words(kind text, part text, amount bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN kind IN ('payment', 'credit', 'change', 'reallocation', 'waiver', 'write_off', 'refund', 'dispute')
       AND part IN ('penalty', 'fees', 'interest', 'tax', 'principal') AND amount <> 0;
END $$;

-- The API's refund. note is the shop's own: not for the customer.
CREATE FUNCTION refund_body(r refund, for_staff boolean) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', r.id, 'payment_id', r.payment_id, 'order_id', r.order_id, 'customer_id', r.customer_id, 'amount', r.amount, 'currency', r.currency,
        'kind', r.reason, 'reason', CASE WHEN for_staff THEN r.note END, 'to', 'method', 'status', r.status, 'attempt', r.attempt,
        'failure_code', r.failure_code, 'created_at', r.created_at, 'updated_at', r.updated_at)
$$;
