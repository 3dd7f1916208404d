-- Another mail with a key to set a password, the first one or a new one, by somebody who may still ask for it. It counts as a change, so that it is seen who asked for it. Of two at
-- once the second violates staff_invitation_open.
WITH {{part staff_turn}}, {{part staff_allowed}}, found AS (
    SELECT l, CASE WHEN s.email IS NULL THEN 'staff_without_email' WHEN l.disabled THEN 'staff_disabled' END AS problem
    FROM allowed, staff_user s JOIN login l ON l.subject = s.id WHERE s.id = :id::uuid
    FOR SHARE OF s, l
), done AS (
    UPDATE staff_user AS s SET version = s.version + 1 FROM found WHERE s.id = :id::uuid AND found.problem IS NULL
    RETURNING s, found.l, 'invited' AS change, :by::text AS made_by
), {{part staff_told}}, invitee AS (SELECT * FROM done), {{part staff_invited}}, reply AS (
    SELECT json_build_object('staff_id', (s).id, 'email', (s).email, 'expires_at', invited.expires_at)::text AS body FROM done, invited
), {{remember 201}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, problem FROM found WHERE problem IS NOT NULL
UNION ALL
SELECT NULL, 'forbidden' FROM staff_user WHERE id = :id::uuid AND NOT EXISTS (SELECT FROM allowed)
