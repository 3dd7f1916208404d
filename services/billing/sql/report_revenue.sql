-- What was earned in each period, by the ledger's accounts.
-- pool: slow
WITH {{part side}}, report AS (
    SELECT period, currency, coalesce(sum(amount) FILTER (WHERE account = 'sales'), 0) AS sales, coalesce(-sum(amount) FILTER (WHERE account = 'sales_returns'), 0) AS returns,
           coalesce(sum(amount) FILTER (WHERE account = 'interest_income'), 0) AS interest, coalesce(sum(amount) FILTER (WHERE account = 'fee_income'), 0) AS fees,
           coalesce(sum(amount) FILTER (WHERE account = 'penalty_income'), 0) AS penalties, sum(amount) AS net
    FROM side WHERE account IN ('sales', 'sales_returns', 'interest_income', 'fee_income', 'penalty_income')
    GROUP BY period, currency
), total AS (
    SELECT currency, sum(sales) AS sales, sum(returns) AS returns, sum(interest) AS interest, sum(fees) AS fees, sum(penalties) AS penalties, sum(net) AS net
    FROM report GROUP BY currency
)
SELECT json_build_object(
    'from', :from::date, 'to', :to::date, 'by', :by::text,
    'data', coalesce((SELECT json_agg(to_json(report) ORDER BY period, currency) FROM report), '[]'::json),
    'totals', coalesce((SELECT json_agg(to_json(total) ORDER BY currency) FROM total), '[]'::json)) AS body
