-- Somebody of the staff changed, if nobody has changed them since that version, by somebody who may still do so. Whoever is disabled, or comes back, has no log-in left to go on
-- with, and no key. Whoever gets another address has no password either, and a mail there to set one: what the old address can open is not theirs any more. Where the address was
-- the username, the new one is. A trigger sees to it that an administrator stays.
WITH {{part staff_turn}}, {{part staff_allowed}}, found AS MATERIALIZED (
    SELECT m.moves, m.moves AND l.username = lower(s.email) AS renamed, m.moves OR l.disabled <> :disabled::boolean AS ends,
           CASE WHEN m.moves AND l.username = lower(s.email) AND EXISTS (SELECT FROM login o WHERE o.username = lower(:email)) THEN 'username_taken' END AS problem
    FROM allowed, staff_user s JOIN login l ON l.subject = s.id
    CROSS JOIN LATERAL (SELECT coalesce(lower(:email) <> lower(s.email), false) AS moves) AS m   -- not who had none: there is nothing to take away
    WHERE s.id = :id::uuid AND s.version = :version::int
    FOR UPDATE OF l   -- before the clock is read (tokens_from): who is logging in just now is from before
), person AS (
    UPDATE staff_user AS s SET role = coalesce(:role, s.role), full_name = coalesce(:full_name, s.full_name), email = coalesce(:email, s.email),
                               username = CASE WHEN f.renamed THEN lower(:email) ELSE s.username END, version = s.version + 1
    FROM found f
    WHERE s.id = :id::uuid AND s.version = :version::int AND f.problem IS NULL
    RETURNING s
), known AS (
    UPDATE login AS l SET disabled = coalesce(:disabled::boolean, l.disabled), username = CASE WHEN f.renamed THEN lower(:email) ELSE l.username END,
                          password_hash = CASE WHEN f.moves THEN '' ELSE l.password_hash END, tokens_from = CASE WHEN f.ends THEN clock_timestamp() ELSE l.tokens_from END
    FROM found f
    WHERE l.subject = (SELECT (person.s).id FROM person)
    RETURNING l
), done AS (
    SELECT person.s, known.l, 'changed' AS change, :by::text AS made_by FROM person, known
), {{part staff_told}}, invitee AS (
    SELECT done.* FROM done, found WHERE found.moves AND NOT (done.l).disabled
), {{part staff_invited}}, left_open AS (
    UPDATE staff_invitation SET ended_at = clock_timestamp()
    WHERE staff_id = (SELECT (s).id FROM done) AND ended_at IS NULL AND (SELECT ends FROM found) AND NOT EXISTS (SELECT FROM invitee)
)
SELECT staff_body(s, l)::text AS body, NULL AS problem FROM done
UNION ALL
SELECT NULL, coalesce((SELECT problem FROM found), CASE WHEN EXISTS (SELECT FROM allowed) THEN 'precondition_failed' ELSE 'forbidden' END) WHERE NOT EXISTS (SELECT FROM person)
