-- The first refresh token of a log-in, if it is still by the password that was checked: checking takes a while, in which another may have been set, or its owner disabled.
-- No row: it is not. Token lifetimes are real time.
WITH known AS MATERIALIZED (
    SELECT subject FROM login WHERE subject = :subject::uuid AND NOT disabled AND password_hash = :password_hash FOR SHARE
), family AS (
    INSERT INTO refresh_family (id, subject) SELECT :family::uuid, subject FROM known RETURNING id
)
INSERT INTO refresh_token (digest, family, expires_at)
SELECT decode(:digest, 'hex'), id, clock_timestamp() + make_interval(secs => :life_s::int) FROM family
RETURNING family
