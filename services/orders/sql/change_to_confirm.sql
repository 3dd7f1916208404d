-- A change that may be confirmed; one in another state is told by it. Of what is open customers have their own only.
SELECT h.id, h.kind, h.order_id, h.version, h.base_revision, h.requested_by, h.requested_as,
       h.result -> 'rate' AS rate, r.max_rate AS legal_rate, r.basis AS legal_basis,
       CASE WHEN h.status <> 'computed' OR h.expires_at <= :now::timestamptz THEN 'change_not_open' END AS problem,
       'it is ' || CASE h.status WHEN 'computed' THEN 'expired' ELSE h.status END AS problem_detail
FROM contract_change h
LEFT JOIN legal_rate_at(:country, :today::date) AS r ON true
WHERE h.id = :id::uuid AND h.contract_id = :contract_id::uuid AND (:owner::uuid IS NULL OR h.customer_id = :owner::uuid)
  AND contract_change_visible(h, :owner::uuid)
