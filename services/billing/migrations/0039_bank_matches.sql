-- What becomes of a bank's line: a payment of the same money (manual_payment.source names the line, so it makes one at a time), or nothing. decided_by: who matched, undid or
-- ignored it; only what nobody has decided is matched by itself.
ALTER TABLE bank_line ADD COLUMN payment_id uuid, ADD COLUMN reason text, ADD COLUMN decided_by text, ADD COLUMN decided_at timestamptz;
GRANT UPDATE (payment_id, reason, decided_by, decided_at) ON bank_line TO {{app}};

-- Whose a line may be, as it looked when it was read.
CREATE TABLE bank_proposal (
    line_id     uuid NOT NULL,
    order_id    uuid NOT NULL,
    confidence  int NOT NULL CHECK (confidence BETWEEN 1 AND 100),
    reasons     text[] NOT NULL,
    proposed_at timestamptz NOT NULL,
    PRIMARY KEY (line_id, order_id)
);
REVOKE DELETE, TRUNCATE ON bank_proposal FROM {{app}};

CREATE OR REPLACE FUNCTION bank_line_body(l bank_line) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object(
        'id', l.id, 'statement_id', l.statement_id, 'account', l.account, 'currency', l.currency, 'amount', l.amount, 'booked_on', l.booked_on, 'value_on', l.value_on,
        'reference', l.reference, 'bank_reference', l.bank_reference, 'name', l.name, 'counterparty_account', l.counter_account, 'text', l.text, 'status', l.status,
        'payment_id', l.payment_id, 'order_id', (SELECT m.order_id FROM manual_payment m WHERE m.id = l.payment_id), 'reason', l.reason,
        'decided_by', l.decided_by, 'decided_at', l.decided_at,
        'proposals', (SELECT coalesce(json_agg(json_build_object('order_id', p.order_id, 'confidence', p.confidence, 'reasons', p.reasons) ORDER BY p.confidence DESC, p.order_id), '[]')
                      FROM bank_proposal p WHERE p.line_id = l.id))
$$;

-- The words of a name as names are compared: small, without accents, of three letters and more.
CREATE FUNCTION name_words(name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT word ORDER BY word), '{}')
    FROM regexp_split_to_table(translate(lower(name), 'áàâãäéèêëíìîïóòôõöúùûüñç', 'aaaaaeeeeiiiiooooouuuunc'), '[^a-z0-9]+') AS word
    WHERE length(word) > 2
$$;
