-- Forgets refresh tokens a week after they expired, and families without any, a bounded batch at a time.
WITH gone AS (
    DELETE FROM refresh_token
    WHERE digest IN (SELECT digest FROM refresh_token WHERE expires_at < clock_timestamp() - interval '7 days' LIMIT 2000)
    RETURNING family
)
DELETE FROM refresh_family f
USING gone
WHERE f.id = gone.family
  AND NOT EXISTS (SELECT FROM refresh_token t WHERE t.family = f.id AND t.expires_at >= clock_timestamp() - interval '7 days')
