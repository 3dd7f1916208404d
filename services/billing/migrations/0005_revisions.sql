-- revision counts what was told of a receivable: whoever keeps a copy takes the highest, whatever order the news arrives in.
-- attempts_before: the automatic tries made before the customer saved the method in use; the retry calendar counts from there.
ALTER TABLE installment
    ADD COLUMN revision bigint NOT NULL DEFAULT 0,
    ADD COLUMN attempts_before int NOT NULL DEFAULT 0;

-- Refunds nobody has decided yet: the day's close has the provider asked about them.
CREATE INDEX refund_undecided ON refund (created_at) WHERE status = 'pending';
