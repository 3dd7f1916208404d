-- Keeps what was made of a contract; of several who made it at once the first one's stays.
INSERT INTO contract_document (id, contract_id, kind, version, locale, media_type, body, created_at)
VALUES (:document_id::uuid, :contract_id::uuid, :kind, :version::int, :locale, :media_type, decode(:base64, 'base64'), :now::timestamptz)
ON CONFLICT DO NOTHING
