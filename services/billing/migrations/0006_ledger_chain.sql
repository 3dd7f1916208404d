-- The ledger's hash chain: each posting carries a hash over itself and the one before it, so that changing, removing or slipping one in
-- shows. Sixteen chains, by customer, so that payments do not queue up behind one last link; a unit writes to one customer's chain only,
-- but for the close of a day, and takes nothing else after it: no two wait for each other.
CREATE TABLE ledger_head (
    lane      smallint PRIMARY KEY,
    position  bigint NOT NULL,
    hash      bytea NOT NULL
) WITH (fillfactor = 50);
INSERT INTO ledger_head SELECT lane, 0, '\x'::bytea FROM generate_series(0, 15) AS lane;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_head FROM {{app}};

ALTER TABLE posting ADD COLUMN lane smallint, ADD COLUMN position bigint, ADD COLUMN hash bytea;

-- What is hashed: every member, in this order, whatever the session's settings. Times as microseconds since 1970.
CREATE FUNCTION posting_text(p posting) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.lane || '|' || p.position || '|' || p.id || '|' || p.entry_id || '|' || p.line || '|' || p.kind || '|' || p.debit_account || '|'
           || p.credit_account || '|' || p.amount || '|' || p.currency || '|' || p.customer_id || '|' || p.order_id || '|'
           || coalesce(p.installment_number::text, '') || '|' || coalesce(p.payment_id::text, '') || '|'
           || (p.effective_on - date '1970-01-01') || '|' || (extract(epoch FROM p.recorded_at) * 1000000)::bigint
$$;

-- Owned by the owner and run as it: the service can add a link by adding a posting, and in no other way. pg_temp is named last, for unnamed
-- it comes first: a temporary table of the service's would stand in for ledger_head.
CREATE FUNCTION posting_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head ledger_head;
BEGIN
    NEW.lane := get_byte(uuid_send(NEW.customer_id), 15) & 15;
    SELECT * INTO STRICT head FROM ledger_head WHERE lane = NEW.lane FOR UPDATE;
    NEW.position := head.position + 1;
    NEW.hash := sha256(head.hash || convert_to(posting_text(NEW), 'UTF8'));
    UPDATE ledger_head SET position = NEW.position, hash = NEW.hash WHERE lane = NEW.lane;
    RETURN NEW;
END $$;

-- Those from before the chain are chained as they are.
DO $$
DECLARE
    old posting;
    head ledger_head;
BEGIN
    FOR old IN SELECT * FROM posting ORDER BY id LOOP
        old.lane := get_byte(uuid_send(old.customer_id), 15) & 15;
        SELECT * INTO STRICT head FROM ledger_head WHERE lane = old.lane;
        old.position := head.position + 1;
        old.hash := sha256(head.hash || convert_to(posting_text(old), 'UTF8'));
        UPDATE posting SET lane = old.lane, position = old.position, hash = old.hash WHERE id = old.id;
        UPDATE ledger_head SET position = old.position, hash = old.hash WHERE lane = old.lane;
    END LOOP;
END $$;
CREATE UNIQUE INDEX posting_chain_key ON posting (lane, position);
CREATE TRIGGER posting_chain BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_chain();

-- Where the chain is broken; no row: it is whole. Reads the whole ledger.
CREATE VIEW ledger_broken AS
SELECT lane, position, id AS posting_id, what
FROM (
    SELECT p.lane, p.position, p.id,
           CASE WHEN p.position IS DISTINCT FROM coalesce(lag(p.position) OVER chain, 0) + 1 THEN 'a posting before this one is missing'
                WHEN p.hash IS DISTINCT FROM sha256(coalesce(lag(p.hash) OVER chain, '\x') || convert_to(posting_text(p), 'UTF8'))
                THEN 'this posting, or the one before it, was changed' END AS what
    FROM posting p
    WINDOW chain AS (PARTITION BY p.lane ORDER BY p.position)
) AS link
WHERE what IS NOT NULL
UNION ALL
SELECT h.lane, h.position, NULL, 'the end of the chain is not its last posting'
FROM ledger_head h LEFT JOIN posting p ON p.lane = h.lane AND p.position = h.position
WHERE h.position > 0 AND h.hash IS DISTINCT FROM p.hash
   OR EXISTS (SELECT FROM posting later WHERE later.lane = h.lane AND later.position > h.position);
