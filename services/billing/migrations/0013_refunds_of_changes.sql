-- refund_once says it, and allows more than one change.
DROP INDEX refund_payment_key;
