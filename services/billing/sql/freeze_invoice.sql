-- What an invoice says: made when it is first read, kept for ever. Prices have their tax in them: what is sold under one rate is divided into net and tax with one
-- rounding, lines get theirs by running sums; interest and fees have the tax of the schedule. All else is a sum of lines.
WITH target AS MATERIALIZED (
    SELECT i.id, i.order_id, i.issued_at, :locale LIKE 'es%' AS spanish FROM invoice i WHERE i.id = :id::uuid
), {{part invoice_sale}}, line AS MATERIALIZED (
    SELECT g.place, g.kind, g.description, g.sku, g.quantity, g.unit_price, g.discount, g.gross, g.gross - g.net AS tax, g.net, g.rate,
           CASE WHEN g.rate > 0 THEN 'S' WHEN g.kind = 'goods' THEN 'Z' ELSE 'E' END AS category
    FROM (SELECT *, round(sum(gross) OVER same * 100 / (100 + rate))::bigint - round((sum(gross) OVER same - gross) * 100 / (100 + rate))::bigint AS net
          FROM goods WINDOW same AS (PARTITION BY rate ORDER BY place)) AS g
    UNION ALL
    SELECT 1000001, 'interest', NULL, NULL, 1, w.interest + t.tax, 0, w.interest + t.tax, t.tax, w.interest, 100 * w.interest_rate,
           CASE WHEN w.interest_rate > 0 THEN 'S' ELSE 'E' END
    FROM whole w CROSS JOIN LATERAL (SELECT coalesce(w.interest_tax, 0) AS tax) AS t WHERE w.interest + t.tax > 0
    UNION ALL
    SELECT 1000002, 'fees', NULL, NULL, 1, w.fees + t.tax, 0, w.fees + t.tax, t.tax, w.fees, 100 * w.fees_rate,
           CASE WHEN w.fees_rate > 0 THEN 'S' ELSE 'E' END
    FROM whole w CROSS JOIN LATERAL (SELECT w.tax - coalesce(w.interest_tax, 0) AS tax) AS t WHERE w.fees + t.tax > 0
), goods_tax AS (
    SELECT coalesce(sum(tax), 0) AS tax FROM line WHERE place <= 1000000
), due AS (   -- of the tax in the goods' price each installment has the share that it has of the price
    SELECT t.*, (round(g.tax * (sum(t.principal) OVER (ORDER BY t.number)) / greatest(w.principal, 1))
                 - round(g.tax * (sum(t.principal) OVER (ORDER BY t.number) - t.principal) / greatest(w.principal, 1)))::bigint AS goods_tax
    FROM term t CROSS JOIN goods_tax g CROSS JOIN whole w
)
INSERT INTO invoice_document (id, body, made_at)
SELECT t.id, json_build_object(
    'seller', :seller::json, 'buyer', :buyer::json, 'locale', :locale,
    'deposit', (SELECT json_build_object('id', d.id, 'number', invoice_number_text(d.series, d.number), 'issued_on', d.issued_on, 'total', d.total)
                FROM deposit_invoice d WHERE d.order_id = t.order_id),
    'lines', {{part invoice_lines}},
    'tax_subtotals', {{part invoice_taxes}},
    'net_total', (SELECT sum(net) FROM line), 'tax_total', (SELECT sum(tax) FROM line),
    'payment_terms', (SELECT json_agg(json_build_object('number', d.number, 'due_date', d.due_date, 'amount', d.total, 'principal', d.principal,
                                                        'interest', d.interest, 'fees', d.fees, 'tax', d.tax, 'goods_tax', d.goods_tax) ORDER BY d.number)
                      FROM due d WHERE d.total > 0)), :now::timestamptz
FROM target t
ON CONFLICT (id) DO NOTHING
