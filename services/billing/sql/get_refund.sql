-- One refund, as the API shows it.
-- pool: read
SELECT refund_body(r, :owner::uuid IS NULL) AS body FROM refund r
WHERE r.id = :id::uuid AND (:owner::uuid IS NULL OR r.customer_id = :owner::uuid)
