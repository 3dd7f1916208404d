-- The terms that are part of a contract: of a version, or those in force.
-- pool: read
SELECT version, sha256, body FROM terms WHERE version = coalesce(:version, terms_version(:today::date)) AND locale = :locale
