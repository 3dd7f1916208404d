-- What the new check says.
ALTER TABLE reservation VALIDATE CONSTRAINT reservation_state;
ALTER TABLE reservation DROP CONSTRAINT reservation_status_check;

-- No statement looks for movements by their product.
DROP INDEX stock_movement_by_product;
