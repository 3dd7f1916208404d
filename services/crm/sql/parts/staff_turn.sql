-- Changes of the shop's own people come one after the other: each locks more than one row, and of more than one person.
turn AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(hashtext('staff admins'))
)
