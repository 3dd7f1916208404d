-- A document of a contract, whatever it is.
-- pool: read
SELECT d.id, d.kind, d.version, d.locale, d.media_type, d.sha256, translate(encode(d.body, 'base64'), E'\n', '') AS base64
FROM contract c
JOIN contract_document d ON d.contract_id = c.id
WHERE c.id = :id::uuid AND d.id = :document_id::uuid AND (:owner::uuid IS NULL OR c.customer_id = :owner::uuid)
