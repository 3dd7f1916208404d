-- What the new checks say, those before said too, of what was written before. All is read before anything is locked.
ALTER TABLE order_account VALIDATE CONSTRAINT order_account_ended;
ALTER TABLE installment VALIDATE CONSTRAINT installment_sums;
ALTER TABLE refund VALIDATE CONSTRAINT refund_reason;
ALTER TABLE ledger_account VALIDATE CONSTRAINT ledger_account_class;
