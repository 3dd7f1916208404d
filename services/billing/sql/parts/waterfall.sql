waterfall AS MATERIALIZED (   -- of `owed` (number, due_date, place of the part, due_on, owed, paid) what `given` (amount) pays by `rule`: past due, due and future, each in its order of parts
    SELECT o.number, o.due_date, o.place, o.paid, greatest(least(o.owed - o.paid, g.amount - (
               sum(o.owed - o.paid) OVER (ORDER BY CASE WHEN r.vertical THEN k.rank ELSE k.rank / 5 END,
                                                   CASE WHEN r.last_first AND o.due_on > :today::date THEN -1 ELSE 1 END * (
                                                       (o.due_date - date '1970-01-01') * 1048576::bigint + o.number), k.rank, o.due_on
                                          ROWS UNBOUNDED PRECEDING) - (o.owed - o.paid))), 0)::bigint AS amount
    FROM owed o CROSS JOIN rule r CROSS JOIN given g
    CROSS JOIN LATERAL (SELECT r.ranks[CASE WHEN o.due_on < :today::date THEN 1 WHEN o.due_on = :today::date THEN 6 ELSE 11 END + o.place] AS rank) AS k
)
