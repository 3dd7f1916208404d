-- Somebody new, with a log-in that has no password yet, and the mail that lets them set one; by somebody who may still do so.
WITH {{part staff_turn}}, {{part staff_allowed}}, known AS (
    INSERT INTO login AS l (username, kind, subject, password_hash)
    SELECT lower(:username), 'staff', :id::uuid, '' FROM allowed
    ON CONFLICT (username) DO NOTHING
    RETURNING l
), done AS (
    INSERT INTO staff_user AS s (id, username, email, full_name, locale, role, created_at)
    SELECT (known.l).subject, (known.l).username, :email, :full_name, :locale, :role, :now::timestamptz FROM known
    RETURNING s, (SELECT known.l FROM known) AS l, 'created' AS change, :by::text AS made_by
), {{part staff_told}}, invitee AS (SELECT * FROM done), {{part staff_invited}}, reply AS (
    SELECT staff_body(s, l)::text AS body FROM done
), {{remember 201}}
SELECT body, NULL AS problem FROM reply
UNION ALL
SELECT NULL, CASE WHEN EXISTS (SELECT FROM allowed) THEN 'username_taken' ELSE 'forbidden' END WHERE NOT EXISTS (SELECT FROM known)
