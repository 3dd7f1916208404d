-- Somebody of the staff.
-- pool: read
SELECT staff_body(s, l)::text AS body FROM staff_user s JOIN login l ON l.subject = s.id WHERE s.id = :id::uuid
