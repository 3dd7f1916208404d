-- All versions: drafts, then the published ones, the one that is in force last first.
-- pool: read
SELECT json_build_object('data', coalesce(json_agg(json_build_object('version', v.version, 'status', v.status, 'in_force_from', v.in_force_from,
           'in_force', v.version IS NOT DISTINCT FROM terms_version(:today::date) AND v.status = 'published', 'published_at', v.published_at)
           ORDER BY v.in_force_from DESC NULLS FIRST, v.published_at DESC NULLS LAST, v.version DESC), '[]'), 'next_cursor', NULL)::text AS body
FROM (SELECT version, 'published' AS status, in_force_from, published_at FROM terms WHERE locale = 'es'
      UNION ALL
      SELECT version, 'draft', NULL, NULL FROM terms_draft) AS v
