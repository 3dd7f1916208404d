-- What the new check says, the one before said too. All is read before anything is locked.
ALTER TABLE installment VALIDATE CONSTRAINT installment_parts;
