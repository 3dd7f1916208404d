-- What was computed and never confirmed is dropped at the close of a day, a while after it expired.
CREATE INDEX contract_change_open ON contract_change (expires_at) WHERE status = 'computed';
GRANT DELETE ON contract_change TO {{app}};

-- Whatever was agreed, or ended in any other way, stays.
CREATE FUNCTION contract_change_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a change that was agreed stays';
END $$;
CREATE TRIGGER contract_change_kept BEFORE DELETE ON contract_change FOR EACH ROW WHEN (OLD.status NOT IN ('computed', 'canceled') OR OLD.confirmed_at IS NOT NULL)
    EXECUTE FUNCTION contract_change_kept();
