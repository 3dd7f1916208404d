-- An empty cart of nobody: whoever asks gets one, so it ends soon unless something comes in.
-- adds: jobs for later
WITH made AS (
    INSERT INTO cart AS c (id, channel, watched, created_at, updated_at, expires_at)
    VALUES (:id::uuid, :channel, true, :now::timestamptz, :now::timestamptz, :now::timestamptz + interval '1 day')
    RETURNING c AS whole
)
SELECT json_build_object('token', :token, 'cart', cart_body(whole, :now::timestamptz))::text AS body FROM made
