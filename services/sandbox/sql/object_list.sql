-- Newest first, one more than asked.
-- pool: read
SELECT body::text AS body
FROM object
WHERE kind = :kind AND (:customer::text IS NULL OR customer = :customer::text)
  AND (:after::text IS NULL OR (created_at, id) < (SELECT o.created_at, o.id FROM object o WHERE o.id = :after::text))
ORDER BY created_at DESC, id DESC
LIMIT :limit::int + 1
