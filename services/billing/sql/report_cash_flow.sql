-- What is to come in by the schedules, by the period it is due in; before: what is past due. One snapshot with the ledger's receivable, which is the total.
-- pool: slow
WITH {{part owing}}, report AS (
    SELECT date_trunc(:by::text, due_date::timestamp)::date AS period, currency, sum(outstanding) AS due, count(*) AS installments
    FROM owing WHERE due_date BETWEEN :from::date AND :to::date
    GROUP BY 1, 2
), sums AS (
    SELECT r.currency, coalesce(sum(o.outstanding) FILTER (WHERE o.due_date < :from::date), 0) AS before,
           coalesce(sum(o.outstanding) FILTER (WHERE o.due_date BETWEEN :from::date AND :to::date), 0) AS due,
           coalesce(sum(o.outstanding) FILTER (WHERE o.due_date > :to::date), 0) AS later, r.balance AS receivable
    FROM receivable r LEFT JOIN owing o USING (currency)
    GROUP BY r.currency, r.balance
)
SELECT json_build_object(
    'from', :from::date, 'to', :to::date, 'by', :by::text,
    'data', coalesce((SELECT json_agg(to_json(report) ORDER BY period, currency) FROM report), '[]'::json),
    'totals', coalesce((SELECT json_agg(to_json(sums) ORDER BY currency) FROM sums), '[]'::json)) AS body
