-- A settled contract whose money went back is owed anew; so is one that was written off.
CREATE OR REPLACE FUNCTION contract_may_become(old text, new text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE old WHEN 'pending_signature' THEN new IN ('active', 'settled', 'terminated')
                    WHEN 'active' THEN new IN ('settled', 'defaulted', 'terminated', 'written_off')
                    WHEN 'defaulted' THEN new IN ('active', 'settled', 'terminated', 'written_off')
                    WHEN 'settled' THEN new IN ('terminated', 'active')
                    WHEN 'written_off' THEN new = 'active'
                    ELSE false END;
END $$;
