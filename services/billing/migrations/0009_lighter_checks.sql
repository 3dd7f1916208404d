-- What the new checks say, these said before. All is read before anything is locked.
ALTER TABLE installment VALIDATE CONSTRAINT installment_not_negative;
ALTER TABLE payment VALIDATE CONSTRAINT payment_words;
ALTER TABLE order_account VALIDATE CONSTRAINT order_account_state;
ALTER TABLE invoice VALIDATE CONSTRAINT invoice_state;
ALTER TABLE posting VALIDATE CONSTRAINT posting_kind;
ALTER TABLE installment
    DROP CONSTRAINT installment_number_check, DROP CONSTRAINT installment_principal_check, DROP CONSTRAINT installment_interest_check,
    DROP CONSTRAINT installment_fees_check, DROP CONSTRAINT installment_tax_check;
ALTER TABLE payment DROP CONSTRAINT payment_status_check, DROP CONSTRAINT payment_source_check, DROP CONSTRAINT payment_decline_kind_check;
ALTER TABLE order_account DROP CONSTRAINT order_account_status_check;
ALTER TABLE invoice DROP CONSTRAINT invoice_status_check;
ALTER TABLE posting DROP CONSTRAINT posting_kind_check;

-- No statement looks for these by a customer, by time, or by an order.
DROP INDEX order_account_customer;
DROP INDEX invoice_customer;
DROP INDEX invoice_issued;
DROP INDEX posting_order;
