-- The shop's own people through the API: who works here, as what, and how they come to a password that nobody else knows.

-- A role that approves and does not run the shop, so that a second pair of eyes need not be an administrator's.
INSERT INTO role (name, scopes) VALUES ('approver', 'orders.read orders.approve billing.read crm.read');
UPDATE role SET scopes = scopes || ' staff.write' WHERE name = 'admin';

-- email is NULL of the first one, whose password the deployment says.
ALTER TABLE staff_user
    ADD COLUMN email text,
    ADD COLUMN locale text NOT NULL DEFAULT 'es',
    ADD COLUMN version int NOT NULL DEFAULT 1;
CREATE FUNCTION role_can(r role, scope text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT scope = ANY (string_to_array(r.scopes, ' '))
$$;

-- Refresh tokens of log-ins from before tokens_from are not good any more. Real times, as those of all tokens.
ALTER TABLE login ADD COLUMN tokens_from timestamptz;
ALTER TABLE refresh_family ADD COLUMN began_at timestamptz;
ALTER TABLE refresh_family ALTER COLUMN began_at SET DEFAULT clock_timestamp();

-- How a person comes to a password: a key in a mail to them, good once and for a while. The key is this id under the services' own key: it is written down nowhere.
-- Real times.
CREATE TABLE staff_invitation (
    id         uuid PRIMARY KEY,
    staff_id   uuid NOT NULL REFERENCES staff_user,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz,   -- used, or another came in its place, or its owner left or came back
    created_by text NOT NULL
);
REVOKE DELETE, TRUNCATE ON staff_invitation FROM {{app}};
CREATE UNIQUE INDEX staff_invitation_open ON staff_invitation (staff_id) WHERE ended_at IS NULL;

-- Who changed what, for ever.
CREATE TABLE staff_change (
    staff_id uuid NOT NULL REFERENCES staff_user,
    version  int NOT NULL,
    change   text NOT NULL,   -- created, changed, invited, password_set
    role     text NOT NULL,
    status   text NOT NULL,
    email    text,
    made_at  timestamptz NOT NULL,
    made_by  text NOT NULL,
    PRIMARY KEY (staff_id, version)
);
REVOKE UPDATE, DELETE, TRUNCATE ON staff_change FROM {{app}};

-- A log-in without a password yet has '' for its hash.
CREATE FUNCTION staff_status(l login) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN l.disabled THEN 'disabled' WHEN l.password_hash = '' THEN 'invited' ELSE 'active' END
$$;
CREATE FUNCTION staff_body(s staff_user, l login) RETURNS json LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_object('id', s.id, 'username', s.username, 'email', s.email, 'full_name', s.full_name, 'locale', s.locale, 'role', s.role,
                             'status', staff_status(l), 'version', s.version, 'created_at', s.created_at)
$$;

-- There is always somebody who can say who works here. Whoever takes that from somebody waits for whoever else does, and then sees what that one did.
CREATE FUNCTION staff_keeps_an_admin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('staff admins'));
    IF NOT EXISTS (SELECT FROM staff_user s JOIN role r ON r.name = s.role JOIN login l ON l.subject = s.id
                   WHERE role_can(r, 'staff.write') AND staff_status(l) = 'active') THEN
        PERFORM cuotas_fail('last_admin');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER staff_user_admin AFTER UPDATE ON staff_user FOR EACH ROW WHEN (OLD.role <> NEW.role) EXECUTE FUNCTION staff_keeps_an_admin();
CREATE TRIGGER login_admin AFTER UPDATE ON login FOR EACH ROW WHEN (NEW.kind = 'staff' AND staff_status(OLD) = 'active' AND staff_status(NEW) <> 'active') EXECUTE FUNCTION staff_keeps_an_admin();
