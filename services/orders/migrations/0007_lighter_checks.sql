-- What the new checks say, these said before. All is read before anything is locked.
ALTER TABLE installment VALIDATE CONSTRAINT installment_not_negative;
ALTER TABLE sales_order VALIDATE CONSTRAINT sales_order_state;
ALTER TABLE contract VALIDATE CONSTRAINT contract_state;
ALTER TABLE installment
    DROP CONSTRAINT installment_number_check, DROP CONSTRAINT installment_days_check, DROP CONSTRAINT installment_opening_balance_check,
    DROP CONSTRAINT installment_principal_check, DROP CONSTRAINT installment_interest_check, DROP CONSTRAINT installment_fees_check,
    DROP CONSTRAINT installment_tax_check, DROP CONSTRAINT installment_closing_balance_check, DROP CONSTRAINT installment_paid_check,
    DROP CONSTRAINT installment_outstanding_check, DROP CONSTRAINT installment_dpd_check;
ALTER TABLE sales_order DROP CONSTRAINT sales_order_status_check;
ALTER TABLE contract DROP CONSTRAINT contract_status_check;

-- No statement looks carts or contracts up by their customer.
DROP INDEX cart_customer;
DROP INDEX contract_customer;
