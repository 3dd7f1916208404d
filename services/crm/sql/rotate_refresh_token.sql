-- Swaps a refresh token for the next one. One that was used before ends its whole family: either its holder or whoever used it first is
-- a thief. So does one of somebody who was disabled since, or has set another password. No row: not valid.
WITH rotated AS (
    UPDATE refresh_token t SET used_at = clock_timestamp()
    FROM refresh_family f
    JOIN login l ON l.subject = f.subject AND NOT l.disabled AND (l.tokens_from IS NULL OR f.began_at > l.tokens_from)
    WHERE t.digest = decode(:digest, 'hex') AND t.used_at IS NULL AND t.expires_at > clock_timestamp()
      AND f.id = t.family AND f.revoked_at IS NULL
    RETURNING f.id, f.subject
), next AS (
    INSERT INTO refresh_token (digest, family, expires_at)
    SELECT decode(:next_digest, 'hex'), id, clock_timestamp() + make_interval(secs => :life_s::int) FROM rotated
), revoked AS (
    UPDATE refresh_family f SET revoked_at = clock_timestamp()
    FROM refresh_token t
    WHERE t.digest = decode(:digest, 'hex') AND f.id = t.family AND f.revoked_at IS NULL AND NOT EXISTS (SELECT FROM rotated)
)
SELECT l.subject, l.kind, CASE l.kind WHEN 'customer' THEN 'customer' ELSE r.scopes END AS scopes
FROM rotated
JOIN login l ON l.subject = rotated.subject
LEFT JOIN staff_user s ON s.id = l.subject
LEFT JOIN role r ON r.name = s.role
