-- The latest word of billing on a row is told by its revision, not by its time: clocks may be set back. told_at is only for people.
ALTER TABLE installment ADD COLUMN revision bigint NOT NULL DEFAULT 0;
GRANT UPDATE (revision) ON installment TO {{app}};
