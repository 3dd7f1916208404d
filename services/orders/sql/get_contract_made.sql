-- The text or the PDF of a version of a contract's schedule (of the last one that has rows), where it has been made.
-- pool: read
SELECT d.id, d.kind, d.version, d.locale, d.media_type, d.sha256, translate(encode(d.body, 'base64'), E'\n', '') AS base64
FROM contract c
JOIN contract_document d ON d.contract_id = c.id AND d.kind = :kind AND d.version = coalesce(:version::int, (SELECT max(version) FROM installment WHERE contract_id = c.id))
WHERE c.id = :id::uuid AND (:owner::uuid IS NULL OR c.customer_id = :owner::uuid)
