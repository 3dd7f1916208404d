-- Since when a method is not its customer's any more: never charged, never shown again.
ALTER TABLE payment_method ADD COLUMN removed_at timestamptz;
