-- Forgets refresh tokens a week after they expired, and the log-ins that have none left, a bounded batch at a time; how many tokens.
WITH gone AS (
    DELETE FROM refresh_token
    WHERE digest = ANY (ARRAY(SELECT digest FROM refresh_token WHERE expires_at < clock_timestamp() - interval '7 days' LIMIT 2000))
    RETURNING digest, family
), ended AS (
    DELETE FROM refresh_family f
    WHERE f.id IN (SELECT family FROM gone)
      AND NOT EXISTS (SELECT FROM refresh_token t WHERE t.family = f.id AND t.digest NOT IN (SELECT digest FROM gone))
)
SELECT count(*) AS purged FROM gone
