-- A mail for the person of `invitee` (as `done` of staff_told) with a key to set a password; those of before end.
ended AS (
    UPDATE staff_invitation SET ended_at = clock_timestamp() WHERE staff_id = (SELECT (s).id FROM invitee) AND ended_at IS NULL
    RETURNING id
), invited AS (
    INSERT INTO staff_invitation (id, staff_id, expires_at, created_by)
    SELECT :invitation::uuid, (s).id, clock_timestamp() + make_interval(hours => :hours::int), made_by
    FROM invitee, (SELECT count(*) FROM ended) AS before   -- one is open at a time
    RETURNING id, expires_at
), asked AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'staff.invited', (s).id::text, NULL,
           jsonb_build_object('staff_id', (s).id, 'invitation_id', :invitation::text, 'email', (s).email, 'username', (s).username, 'full_name', (s).full_name,
                              'locale', (s).locale, 'first', staff_status(l) = 'invited', 'hours', :hours::int), :trace, :now::timestamptz
    FROM invitee
)
