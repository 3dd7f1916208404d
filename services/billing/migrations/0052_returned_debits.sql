-- Why the bank took money back, where its file says so (ISO 20022 external return reason).
ALTER TABLE bank_line ADD COLUMN return_code text;
