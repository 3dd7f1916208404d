-- The first refresh token of a log-in. Token lifetimes are real time.
WITH family AS (
    INSERT INTO refresh_family (id, subject) VALUES (:family::uuid, :subject::uuid) RETURNING id
)
INSERT INTO refresh_token (digest, family, expires_at)
SELECT decode(:digest, 'hex'), id, clock_timestamp() + make_interval(secs => :life_s::int) FROM family
