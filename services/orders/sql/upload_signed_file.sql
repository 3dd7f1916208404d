-- A file signed for the schedule in force. The same bytes again are the same document; of different ones there is a limit, so that nobody fills the
-- disk. Whoever uploads at once for one contract waits for each other.
WITH signed AS MATERIALIZED (
    SELECT id, schedule_version, terms_locale FROM contract
    WHERE id = :id::uuid AND (:owner::uuid IS NULL OR customer_id = :owner::uuid)
    FOR NO KEY UPDATE
), before AS (
    SELECT d AS whole FROM signed s JOIN contract_document d ON d.contract_id = s.id AND d.kind = 'signed_file' AND d.version = s.schedule_version
    WHERE d.sha256 = :sha256
), kept AS (
    INSERT INTO contract_document AS d (id, contract_id, kind, version, locale, media_type, body, created_at, created_by)
    SELECT :document_id::uuid, id, 'signed_file', schedule_version, terms_locale, :media_type, decode(:base64, 'base64'), :now::timestamptz, :by::uuid
    FROM signed
    WHERE NOT EXISTS (SELECT FROM before)
      AND (SELECT count(*) FROM contract_document d WHERE d.contract_id = signed.id AND d.kind = 'signed_file') < 20
    RETURNING d AS whole
)
SELECT contract_document_body(whole)::text AS body, NULL AS problem FROM kept
UNION ALL
SELECT contract_document_body(whole)::text, NULL FROM before
UNION ALL
SELECT NULL, 'too_many_files' FROM signed WHERE NOT EXISTS (SELECT FROM kept) AND NOT EXISTS (SELECT FROM before)
