-- Beside the writers, who were held to it since 0066.
ALTER TABLE order_account VALIDATE CONSTRAINT order_account_ended;
