-- Who asks (:by), if they may still say who works here: a token may be older than what became of its owner, and must not undo that.
allowed AS MATERIALIZED (
    SELECT l.subject
    FROM turn, login l JOIN staff_user s ON s.id = l.subject JOIN role r ON r.name = s.role
    WHERE l.subject = :by::uuid AND staff_status(l) = 'active' AND role_can(r, 'staff.write')
    FOR SHARE OF l, s
)
