-- What is owed, by how long it is due. One snapshot with the ledger's receivable, which is its total.
-- pool: slow
WITH {{part owing}}, aged AS (
    SELECT currency, outstanding, :today::date - due_date AS dpd FROM owing
), report AS (
    SELECT coalesce(g.currency, r.currency) AS currency, coalesce(g.current, 0) AS current, coalesce(g.d30, 0) AS days_1_30, coalesce(g.d60, 0) AS days_31_60,
           coalesce(g.d90, 0) AS days_61_90, coalesce(g.d120, 0) AS days_91_120, coalesce(g.over, 0) AS days_over_120, coalesce(g.total, 0) AS total,
           coalesce(r.balance, 0) AS receivable
    FROM (SELECT currency, sum(outstanding) FILTER (WHERE dpd <= 0) AS current, sum(outstanding) FILTER (WHERE dpd BETWEEN 1 AND 30) AS d30,
                 sum(outstanding) FILTER (WHERE dpd BETWEEN 31 AND 60) AS d60, sum(outstanding) FILTER (WHERE dpd BETWEEN 61 AND 90) AS d90,
                 sum(outstanding) FILTER (WHERE dpd BETWEEN 91 AND 120) AS d120, sum(outstanding) FILTER (WHERE dpd > 120) AS over, sum(outstanding) AS total
          FROM aged GROUP BY currency) AS g
    FULL JOIN receivable r USING (currency)
)
SELECT json_build_object('as_of', :today::date, 'data', coalesce((SELECT json_agg(to_json(report) ORDER BY currency) FROM report), '[]'::json)) AS body
