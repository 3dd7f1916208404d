-- Units of `back` (reservation_id, product_id, quantity) are in stock again, each with its movement; `shelved` has the products.
locked AS (
    SELECT s.product_id FROM stock s WHERE s.product_id = ANY (ARRAY(SELECT product_id FROM back)) ORDER BY s.product_id FOR UPDATE
), moved AS (
    INSERT INTO stock_movement (product_id, quantity, reason, reference, at)
    SELECT product_id, quantity, 'return', reservation_id::text, :now::timestamptz FROM back
), shelved AS (
    UPDATE stock s SET on_hand = s.on_hand + b.quantity
    FROM back b
    WHERE s.product_id = b.product_id AND s.product_id = ANY (ARRAY(SELECT product_id FROM locked))
    RETURNING s.product_id
)
