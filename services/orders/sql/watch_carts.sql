-- So many carts that have no look get one (trigger cart_filled). Who has one in hand now has it found the next time.
-- adds: jobs
WITH marked AS (
    UPDATE cart SET watched = true
    WHERE id = ANY (ARRAY(SELECT id FROM cart WHERE NOT watched LIMIT :size::int FOR UPDATE SKIP LOCKED))
    RETURNING id
)
SELECT count(*) AS found FROM marked
