-- What is in a cart and whose it is, for its offers: its owner's, any for staff; a guest's by its token.
-- pool: read
SELECT c.lines, c.currency, c.channel, c.customer_id
FROM cart c
WHERE c.id = :id::uuid
  AND CASE WHEN :guest::boolean THEN c.customer_id IS NULL ELSE :owner::uuid IS NULL OR c.customer_id = :owner::uuid END
