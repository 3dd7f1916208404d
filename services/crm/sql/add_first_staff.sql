-- The first staff user, an admin. Does nothing when the username exists: its password may have been changed.
WITH known AS (
    INSERT INTO login (username, kind, subject, password_hash)
    VALUES (lower(:username), 'staff', :id::uuid, :password_hash)
    ON CONFLICT (username) DO NOTHING
    RETURNING username, subject
)
INSERT INTO staff_user (id, username, full_name, role, created_at)
SELECT subject, username, 'Administrator', 'admin', :now::timestamptz FROM known
