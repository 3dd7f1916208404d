-- The terms of a version, or those in force.
-- pool: read
SELECT json_build_object('version', version, 'locale', locale, 'title', title, 'body', body, 'sha256', sha256, 'in_force_from', in_force_from,
                         'in_force', version = terms_version(:today::date))::text AS body
FROM terms
WHERE version = coalesce(:version, terms_version(:today::date)) AND locale = :locale
