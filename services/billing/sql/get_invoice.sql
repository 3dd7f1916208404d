-- An invoice or a note, and what it says, once that was read; until then `document` is NULL.
-- pool: read
SELECT s.customer_id, s.kind, invoice_number_text(s.series, s.number) AS number,
       left(invoice_body(s)::text, -1) || ', ' || substr(d.body::text, 2) AS document
FROM invoice_shown s LEFT JOIN invoice_document d USING (id)
WHERE s.id = :id::uuid AND (:owner::uuid IS NULL OR s.customer_id = :owner::uuid)
