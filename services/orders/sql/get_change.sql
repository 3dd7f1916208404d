-- A change of a contract, one its buyer may see or any for staff.
-- pool: read
SELECT contract_change_body_for(h, :now::timestamptz, :owner::uuid)::text AS body
FROM contract_change h
WHERE h.id = :id::uuid AND h.contract_id = :contract_id::uuid AND (:owner::uuid IS NULL OR h.customer_id = :owner::uuid)
  AND contract_change_visible(h, :owner::uuid)
