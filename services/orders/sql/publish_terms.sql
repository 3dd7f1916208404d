-- A draft becomes terms for ever, in force from a day on. Asked again with the same day it answers the same.
WITH draft AS (
    DELETE FROM terms_draft WHERE version = :version
    RETURNING version, title_es, body_es, title_en, body_en
), published AS (
    INSERT INTO terms AS t (version, locale, title, body, sha256, in_force_from, published_at, published_by)
    SELECT d.version, l.locale, l.title, l.body, encode(sha256(convert_to(l.body, 'UTF8')), 'hex'), :in_force_from::date, :now::timestamptz,
           :by::uuid
    FROM draft d, LATERAL (VALUES ('es', d.title_es, d.body_es), ('en', d.title_en, d.body_en)) AS l(locale, title, body)
    RETURNING t AS whole
), stated AS (
    SELECT terms_published_body(es.whole, en.whole, :today::date) AS body, (es.whole).in_force_from AS since
    FROM published es, published en
    WHERE (es.whole).locale = 'es' AND (en.whole).locale = 'en'
    UNION ALL
    SELECT terms_published_body(es, en, :today::date), es.in_force_from
    FROM terms es JOIN terms en ON en.version = es.version AND en.locale = 'en'
    WHERE es.version = :version AND es.locale = 'es'
), reply AS (
    SELECT body::text AS body FROM stated WHERE since = :in_force_from::date
), {{remember 200}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, CASE WHEN EXISTS (SELECT FROM stated) THEN 'terms_published' ELSE 'not_found' END WHERE NOT EXISTS (SELECT FROM reply)
