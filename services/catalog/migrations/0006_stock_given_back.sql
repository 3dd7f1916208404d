-- Of a sale, how many units of each product are on sale again, {product_id: units}: told in all each time, so once whatever comes twice.
ALTER TABLE reservation ADD COLUMN restocked jsonb;
