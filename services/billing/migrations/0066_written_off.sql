-- What nobody expects any more is written off whatever was paid of it, also where that is nothing: the sale was not undone.
ALTER TABLE order_account
    DROP CONSTRAINT order_account_ended,
    ADD CONSTRAINT order_account_ended CHECK (CASE WHEN total = 0 THEN status IN ('closed', 'written_off') ELSE (status IN ('settled', 'written_off')) = (paid = total) END) NOT VALID;

-- Of an order something was written off, and the sale was not undone since.
CREATE FUNCTION given_up(of_order uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((SELECT c.kind = 'write_off' FROM receivable_change c
                     WHERE c.order_id = of_order AND c.kind IN ('write_off', 'cancellation', 'withdrawal') ORDER BY c.recorded_at DESC LIMIT 1), false)
$$;
