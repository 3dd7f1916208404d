ranked AS (   -- of `owed` (number, due_date, place of the part, due_on, owed, paid) by `rule`: past due, due and future, each in its order of parts. One number says the order
    SELECT o.number, o.due_date, o.place, o.paid, o.owed - o.paid AS rest,
           (CASE WHEN r.vertical THEN k.rank ELSE k.rank / 5 END::bigint << 48)
           + (CASE WHEN r.last_first AND o.due_on > :today::date THEN (1::bigint << 43) - k.day ELSE k.day END << 4) + k.rank AS position
    FROM rule r CROSS JOIN owed o
    CROSS JOIN LATERAL (SELECT r.ranks[CASE WHEN o.due_on < :today::date THEN 1 WHEN o.due_on = :today::date THEN 6 ELSE 11 END + o.place] AS rank,
                               ((o.due_date - date '0001-01-01')::bigint << 20) + o.number AS day OFFSET 0) AS k
), waterfall AS MATERIALIZED (   -- what `given` (amount) pays of each
    SELECT w.number, w.due_date, w.place, w.paid,
           greatest(least(w.rest, g.amount - (sum(w.rest) OVER (ORDER BY w.position ROWS UNBOUNDED PRECEDING))::bigint + w.rest), 0) AS amount
    FROM ranked w CROSS JOIN given g
)
