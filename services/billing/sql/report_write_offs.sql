-- What was given up in each period: written off, forgiven, and what came back of it.
-- pool: slow
WITH {{part side}}, report AS (
    SELECT period, currency, coalesce(-sum(amount) FILTER (WHERE account = 'bad_debt'), 0) AS written_off, coalesce(-sum(amount) FILTER (WHERE account = 'waivers'), 0) AS waived,
           coalesce(sum(amount) FILTER (WHERE account = 'recoveries'), 0) AS recovered, -sum(amount) AS net
    FROM side WHERE account IN ('bad_debt', 'waivers', 'recoveries')
    GROUP BY period, currency
), total AS (
    SELECT currency, sum(written_off) AS written_off, sum(waived) AS waived, sum(recovered) AS recovered, sum(net) AS net FROM report GROUP BY currency
)
SELECT json_build_object(
    'from', :from::date, 'to', :to::date, 'by', :by::text,
    'data', coalesce((SELECT json_agg(to_json(report) ORDER BY period, currency) FROM report), '[]'::json),
    'totals', coalesce((SELECT json_agg(to_json(total) ORDER BY currency) FROM total), '[]'::json)) AS body
