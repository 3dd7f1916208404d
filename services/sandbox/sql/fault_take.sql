-- The first fault ordered for this payment, used up by one.
UPDATE fault SET remaining = remaining - 1
WHERE id = (SELECT id FROM fault
            WHERE remaining > 0 AND (customer IS NULL OR customer = :customer) AND (payment_method IS NULL OR payment_method = :payment_method)
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING plan::text AS plan
