-- A SEPA mandate; customers see their own, without what the staff say among themselves.
-- pool: read
SELECT CASE WHEN :owner::uuid IS NULL THEN sepa_mandate_body(s, m)::jsonb ELSE sepa_mandate_body(s, m)::jsonb || '{"revivals": []}' END AS body FROM sepa_mandate s JOIN payment_method m USING (id)
WHERE s.id = :id::uuid AND (:owner::uuid IS NULL OR s.customer_id = :owner::uuid)
