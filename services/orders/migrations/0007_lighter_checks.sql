-- What the new check says, these said one by one.
ALTER TABLE installment VALIDATE CONSTRAINT installment_not_negative;
ALTER TABLE installment
    DROP CONSTRAINT installment_number_check, DROP CONSTRAINT installment_days_check, DROP CONSTRAINT installment_opening_balance_check,
    DROP CONSTRAINT installment_principal_check, DROP CONSTRAINT installment_interest_check, DROP CONSTRAINT installment_fees_check,
    DROP CONSTRAINT installment_tax_check, DROP CONSTRAINT installment_closing_balance_check, DROP CONSTRAINT installment_paid_check,
    DROP CONSTRAINT installment_outstanding_check, DROP CONSTRAINT installment_dpd_check;
