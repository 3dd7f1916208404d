-- Whether the first staff user has still to be made.
-- pool: read
SELECT NOT EXISTS (SELECT FROM login WHERE username = lower(:username)) AS missing
