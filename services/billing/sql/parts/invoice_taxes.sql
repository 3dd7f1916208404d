(SELECT json_agg(json_build_object('category', s.category, 'rate', trim_scale(s.rate)::text, 'taxable', s.net, 'tax', s.tax) ORDER BY s.category, s.rate)
     FROM (SELECT category, rate, sum(net) AS net, sum(tax) AS tax FROM line GROUP BY category, rate) AS s)
