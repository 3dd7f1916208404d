-- A password by a key from a mail: once, in time, and not of somebody who was disabled meanwhile. Log-ins of before end, and so do other keys.
WITH {{part staff_turn}}, owner AS MATERIALIZED (   -- locked before the clock is read (tokens_from): who is logging in just now is from before
    SELECT l.subject FROM turn, staff_invitation i JOIN login l ON l.subject = i.staff_id
    WHERE i.id = :invitation::uuid AND NOT l.disabled
    FOR UPDATE OF l
), used AS (
    UPDATE staff_invitation i SET ended_at = clock_timestamp()
    FROM owner
    WHERE i.id = :invitation::uuid AND i.ended_at IS NULL AND i.expires_at > clock_timestamp() AND i.staff_id = owner.subject
    RETURNING i.staff_id
), person AS (
    UPDATE staff_user AS s SET version = s.version + 1 FROM used WHERE s.id = used.staff_id
    RETURNING s
), known AS (
    UPDATE login AS l SET password_hash = :password_hash, tokens_from = clock_timestamp() WHERE l.subject = (SELECT (person.s).id FROM person) AND NOT l.disabled
    RETURNING l
), done AS (
    SELECT person.s, known.l, 'password_set' AS change, (person.s).id::text AS made_by FROM person, known
), {{part staff_told}}, others AS (
    UPDATE staff_invitation SET ended_at = clock_timestamp() WHERE staff_id = (SELECT staff_id FROM used) AND ended_at IS NULL AND id <> :invitation::uuid
), reply AS (
    SELECT json_build_object('username', (s).username)::text AS body FROM done
), {{remember 200}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, 'invitation_not_valid' WHERE NOT EXISTS (SELECT FROM done)
