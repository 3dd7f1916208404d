-- A draft of terms, or another text of one; what is published stays as it is.
WITH kept AS (
    INSERT INTO terms_draft AS d (version, title_es, body_es, title_en, body_en, updated_at, updated_by)
    SELECT :version, :title_es, :body_es, :title_en, :body_en, :now::timestamptz, :by::uuid
    WHERE NOT EXISTS (SELECT FROM terms WHERE version = :version)
    ON CONFLICT (version) DO UPDATE SET title_es = excluded.title_es, body_es = excluded.body_es, title_en = excluded.title_en,
        body_en = excluded.body_en, updated_at = excluded.updated_at, updated_by = excluded.updated_by
    RETURNING d AS whole
), reply AS (
    SELECT terms_draft_body(whole)::text AS body FROM kept
), {{remember 201}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, 'terms_published' WHERE NOT EXISTS (SELECT FROM kept)
