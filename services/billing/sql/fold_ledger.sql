-- Folds up to so many postings of each lane into ledger_sum. Two at once: the fold is a row, and the sums are added by who has made it. `full`: a lane has more.
WITH page AS MATERIALIZED (
    SELECT f.upto AS after, p.lane, p.position, p.effective_on, p.recorded_at, p.kind, p.debit_account, p.credit_account, p.currency, p.amount
    FROM ledger_folded f
    CROSS JOIN LATERAL (SELECT * FROM posting n WHERE n.lane = f.lane AND n.position > f.upto ORDER BY n.position LIMIT :limit::int) AS p
), made AS (
    INSERT INTO ledger_fold (lane, after, upto, recorded_from, recorded_to)
    SELECT lane, after, max(position), min(recorded_at), max(recorded_at) FROM page GROUP BY lane, after ORDER BY lane
    ON CONFLICT (lane, after) DO NOTHING
    RETURNING lane, upto - after AS postings
), folded AS (
    INSERT INTO ledger_sum AS s (recorded_on, effective_on, kind, debit_account, credit_account, currency, amount)
    SELECT recorded_day(p.recorded_at), p.effective_on, p.kind, p.debit_account, p.credit_account, p.currency, sum(p.amount)
    FROM page p JOIN made m USING (lane)
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (recorded_on, effective_on, kind, debit_account, credit_account, currency) DO UPDATE SET amount = s.amount + excluded.amount
)
SELECT coalesce(sum(postings), 0)::bigint AS folded, coalesce(max(postings) >= :limit::int, false) AS full FROM made
