-- What was due in each period and how much of that is paid by now, beside what came in and what was charged in it: by these the ledger's receivable changed.
-- pool: slow
WITH {{part side}}, moved AS (
    SELECT period, currency, coalesce(sum(amount) FILTER (WHERE money), 0) AS collected, coalesce(-sum(amount) FILTER (WHERE NOT money), 0) AS charged
    FROM (SELECT *, other IN ('cash_at_provider', 'bank', 'cash', 'disputed', 'suspense', 'customer_credit') AS money FROM side WHERE account = 'receivable') AS s
    GROUP BY period, currency
), fallen AS (
    SELECT date_trunc(:by::text, i.due_date::timestamp)::date AS period, a.currency, sum(i.total) AS due, sum(i.paid) AS due_paid
    FROM installment i JOIN order_account a USING (order_id)
    WHERE i.due_date BETWEEN :from::date AND :to::date AND a.status IN ('active', 'settled', 'written_off') AND i.total > 0
      AND (:currency::text IS NULL OR a.currency = :currency::text)
    GROUP BY 1, 2
), report AS (
    SELECT period, currency, coalesce(due, 0) AS due, coalesce(due_paid, 0) AS due_paid, coalesce(due - due_paid, 0) AS due_outstanding, coalesce(collected, 0) AS collected,
           coalesce(charged, 0) AS charged
    FROM fallen FULL JOIN moved USING (period, currency)
), total AS (
    SELECT currency, sum(due) AS due, sum(due_paid) AS due_paid, sum(due_outstanding) AS due_outstanding, sum(collected) AS collected, sum(charged) AS charged
    FROM report GROUP BY currency
)
SELECT json_build_object(
    'from', :from::date, 'to', :to::date, 'by', :by::text,
    'data', coalesce((SELECT json_agg(to_json(report) ORDER BY period, currency) FROM report), '[]'::json),
    'totals', coalesce((SELECT json_agg(to_json(total) ORDER BY currency) FROM total), '[]'::json)) AS body
