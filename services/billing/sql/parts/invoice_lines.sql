(SELECT json_agg(json_build_object(
         'number', l.n, 'kind', l.kind,
         'description', coalesce(l.description, CASE l.kind WHEN 'interest' THEN CASE WHEN t.spanish THEN 'Intereses' ELSE 'Interest' END
                                                            WHEN 'fees' THEN CASE WHEN t.spanish THEN 'Cargos' ELSE 'Fees' END
                                                            ELSE CASE WHEN t.spanish THEN 'Productos' ELSE 'Goods' END END),
         'sku', l.sku, 'quantity', l.quantity, 'unit_price', l.unit_price, 'discount', l.discount, 'net', l.net, 'tax', l.tax, 'total', l.gross,
         'tax_category', l.category, 'tax_rate', trim_scale(l.rate)::text) ORDER BY l.n)
     FROM (SELECT *, row_number() OVER (ORDER BY place) AS n FROM line) AS l)
