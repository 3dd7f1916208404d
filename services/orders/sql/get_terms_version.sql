-- Both texts of a version, draft or published.
-- pool: read
SELECT terms_published_body(es, en, :today::date)::text AS body
FROM terms es JOIN terms en ON en.version = es.version AND en.locale = 'en'
WHERE es.version = :version AND es.locale = 'es'
UNION ALL
SELECT terms_draft_body(d)::text FROM terms_draft d WHERE d.version = :version
