-- What follows from a change of somebody of the staff: `done` has s (staff_user as it is now), l (login), change, made_by.
noted AS (
    INSERT INTO staff_change (staff_id, version, change, role, status, email, made_at, made_by)
    SELECT (s).id, (s).version, change, (s).role, staff_status(l), (s).email, :now::timestamptz, made_by FROM done
), told AS (
    INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
    SELECT 'staff.changed', (s).id::text, NULL,
           jsonb_build_object('staff_id', (s).id, 'change', change, 'role', (s).role, 'status', staff_status(l), 'revision', (s).version, 'made_by', made_by), :trace,
           :now::timestamptz
    FROM done
)
