-- Terms that staff write: a draft may be replaced until it is published; from then on neither text ever changes.
CREATE TABLE terms_draft (
    version    text PRIMARY KEY,
    title_es   text NOT NULL,
    body_es    text NOT NULL,
    title_en   text NOT NULL,
    body_en    text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid NOT NULL
);

ALTER TABLE terms ADD COLUMN published_at timestamptz, ADD COLUMN published_by uuid;   -- NULL: came with the program
GRANT INSERT ON terms TO {{app}};

-- Of several from one day on the one published last is in force.
CREATE OR REPLACE FUNCTION terms_version(on_day date) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT version FROM terms WHERE in_force_from <= on_day
            ORDER BY in_force_from DESC, published_at DESC NULLS LAST, version DESC LIMIT 1);
END $$;

CREATE FUNCTION terms_text_body(title text, body text) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE
    RETURN json_build_object('title', title, 'body', body, 'sha256', encode(sha256(convert_to(body, 'UTF8')), 'hex'));

CREATE FUNCTION terms_draft_body(d terms_draft) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('version', d.version, 'status', 'draft', 'in_force_from', NULL, 'in_force', false, 'published_at', NULL,
                             'es', terms_text_body(d.title_es, d.body_es), 'en', terms_text_body(d.title_en, d.body_en))
$$;

-- Both languages of a published version.
CREATE FUNCTION terms_published_body(es terms, en terms, today date) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('version', es.version, 'status', 'published', 'in_force_from', es.in_force_from,
                             'in_force', es.version = terms_version(today), 'published_at', es.published_at,
                             'es', terms_text_body(es.title, es.body), 'en', terms_text_body(en.title, en.body))
$$;
