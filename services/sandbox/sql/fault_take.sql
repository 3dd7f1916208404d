-- The first fault ordered for this payment, or for this refund, used up by one. Two requests at once wait for each other: each has its own.
UPDATE fault SET remaining = remaining - 1
WHERE id = (SELECT id FROM fault
            WHERE remaining > 0 AND (plan ? 'refund') = (:about = 'refund')
              AND (customer IS NULL OR customer = :customer) AND (payment_method IS NULL OR payment_method = :payment_method)
            ORDER BY id LIMIT 1 FOR UPDATE)
RETURNING plan::text AS plan
