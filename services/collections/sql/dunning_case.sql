-- What a message about a case needs, while the case is active and the step not taken.
-- pool: read
SELECT c.customer_id, c.order_id
FROM collection_case c
WHERE c.id = :id::uuid AND c.status IN ('open', 'in_treatment')
  AND NOT EXISTS (SELECT FROM dunning_step s WHERE s.case_id = c.id AND s.step = :step)
