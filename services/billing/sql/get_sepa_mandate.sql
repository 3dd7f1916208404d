-- A SEPA mandate; customers see their own.
-- pool: read
SELECT sepa_mandate_body(s, m) AS body FROM sepa_mandate s JOIN payment_method m USING (id)
WHERE s.id = :id::uuid AND (:owner::uuid IS NULL OR s.customer_id = :owner::uuid)
